import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stateLabel } from "../../../../static/console/state/labels.js";

/** @param {string} path */
const read = (path) =>
  readFileSync(new URL(`../../../../static/${path}`, import.meta.url), "utf8");
const CSS = read("css/agent-states.css");
const [LIGHT, DARK] = CSS.split("@media (prefers-color-scheme: dark)");
const STATES = [
  "available",
  "ringing",
  "in_call",
  "wrap_up",
  "on_break",
  "cannot_ring",
  "reconnecting",
  "offline",
];
/** Reconnecting looks like not reachable: both mean that something is broken. */
const COLOURS = STATES.filter((state) => state !== "reconnecting");

/** @param {string} theme @param {string} name */
function colour(theme, name) {
  const found = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(theme);
  assert.ok(found, name);
  return [0, 2, 4].map((at) => Number.parseInt(found[1].slice(at, at + 2), 16) / 255);
}

/** @param {number[]} rgb */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {number[]} one @param {number[]} other */
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

for (const [theme, css] of /** @type {const} */ ([
  ["light", LIGHT],
  ["dark", DARK],
])) {
  test(`each state's word can be read on its colour, ${theme}`, () => {
    for (const state of COLOURS) {
      const name = state.replace("_", "-");
      const found = contrast(colour(css, name), colour(css, `${name}-soft`));
      assert.ok(found >= 7, `${state}: ${found.toFixed(1)}`);
    }
  });

  test(`no two states have one colour, ${theme}`, () => {
    const soft = COLOURS.map((state) =>
      String(colour(css, `${state.replace("_", "-")}-soft`)),
    );
    assert.equal(new Set(soft).size, COLOURS.length);
  });
}

test("each state has a picture of its own, and a word", () => {
  const rows = read("console/shell/state-badge.js").matchAll(/\["(\w+)", (\w+)\]/g);
  const icons = new Map([...rows].map(([, state, icon]) => [state, icon]));
  assert.deepEqual([...icons.keys()].toSorted(), STATES.toSorted());
  assert.equal(new Set(icons.values()).size, STATES.length);
  for (const state of STATES) {
    assert.notEqual(stateLabel(state), state);
    assert.match(CSS, new RegExp(`data-state="${state}"`));
  }
});
