import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALONE_MS,
  isTyping,
  KeyGate,
  letterOf,
  PAUSE_MS,
  SHORTCUTS,
  writtenKey,
} from "../../../../static/console/shell/keyboard.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789?";
const FIELDS = ["textarea", "select", "input", "editable", "textbox"];
const OTHERS = ["body", "button", "checkbox", "radio", "link"];
const CTRL = { ctrlKey: true };
const ALT_SHIFT = { altKey: true, shiftKey: true };

/** Which selectors each kind of element fits; a menu's items lie within it. */
const FITS = {
  textarea: "textarea",
  select: "select",
  input: "input:not(",
  textbox: "[role=textbox]",
};

/**
 * An element as far as the keyboard looks at it.
 * @param {string} kind
 */
function element(kind) {
  const fit = FITS[/** @type {keyof typeof FITS} */ (kind)];
  return {
    isContentEditable: kind === "editable",
    matches: (/** @type {string} */ all) => fit !== undefined && all.includes(fit),
    closest: (/** @type {string} */ all) =>
      kind === "menu" && all.includes("[role=menu]") ? {} : null,
  };
}

/**
 * A key pressed while an element of this kind has the focus.
 * @param {string} key
 * @param {string} kind
 * @param {Record<string, any>} more
 */
function press(key, kind = "body", more = {}) {
  return {
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    repeat: false,
    target: element(kind),
    ...more,
  };
}

/** @param {any} mode */
function gate(mode) {
  const made = new KeyGate();
  made.mode = mode;
  return made;
}

/** Numbers below 1 that are the same in every run. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("with Alt and Shift each key of the list has its command", () => {
  for (const { key, verb } of SHORTCUTS) {
    const verdict = gate("modifier").judge(press(key, "body", ALT_SHIFT), 0, false);
    assert.deepEqual(verdict, { kind: "command", verb });
  }
});

test("each letter and each command stands in the list once", () => {
  for (const name of /** @type {const} */ (["key", "verb"])) {
    const all = SHORTCUTS.map((one) => one[name]);
    assert.equal(new Set(all).size, all.length);
  }
});

test("the browsers keep what they do with Alt, Shift and a letter", () => {
  const taken = SHORTCUTS.filter(({ key }) => "abit".includes(key));
  assert.deepEqual(taken, []);
});

test("a letter is known whatever Alt and Shift, or another alphabet, make of it", () => {
  const of = (/** @type {string} */ key, code = "") =>
    letterOf(press(key, "", { code }));
  assert.equal(of("M"), "m");
  assert.equal(of("Â", "KeyM"), "m"); // macOS, with Option and Shift
  assert.equal(of("Ь", "KeyM"), "m"); // a Russian keyboard
  assert.equal(of("!", "Digit1"), "1");
  assert.equal(of("?", "Minus"), "?"); // a German keyboard
  assert.equal(of("q", "KeyA"), "q"); // a French one
});

test("single keys act alone once they are turned on, and only then", () => {
  assert.equal(gate("single").judge(press("m"), 0, false).kind, "alone");
  assert.equal(gate("modifier").judge(press("m"), 0, false).kind, "text");
  assert.equal(gate("modifier").judge(press("?"), 0, false).kind, "alone");
  assert.equal(gate("off").judge(press("?"), 0, false).kind, "text");
  assert.equal(
    gate("off").judge(press("m", "body", ALT_SHIFT), 0, false).kind,
    "nothing",
  );
});

test("a single key that is followed by a letter does not act", () => {
  const keys = gate("single");
  assert.equal(keys.judge(press("h"), 0, false).kind, "alone");
  assert.equal(keys.judge(press("o"), 120, false).kind, "text");
  assert.equal(keys.isAlone(0, "hang_up"), false);
});

test("mute and unmute follow each other as fast as a single key can act", () => {
  const keys = gate("single");
  keys.judge(press("m"), 0, false);
  assert.equal(keys.isAlone(0, "mute"), true);
  assert.equal(keys.judge(press("m"), ALONE_MS, false).kind, "alone");
  assert.equal(keys.isAlone(ALONE_MS, "mute"), true);
  // Another one so soon is a word.
  assert.equal(keys.judge(press("h"), 2 * ALONE_MS, false).kind, "text");
});

test("a space right after a letter presses no button, after a pause it does", () => {
  const keys = gate("modifier");
  keys.judge(press("a", "button"), 0, false);
  assert.equal(keys.judge(press(" ", "button"), 100, false).kind, "text");
  assert.equal(keys.judge(press("Enter", "button"), 200, false).kind, "text");
  assert.equal(keys.judge(press(" ", "button"), 300 + PAUSE_MS, false).kind, "nothing");
});

test("who moves to a button on purpose presses it at once", () => {
  const keys = gate("modifier");
  keys.judge(press("5", "input"), 0, false);
  keys.judge(press("Tab", "input"), 50, false);
  assert.equal(keys.judge(press("Enter", "button"), 100, false).kind, "nothing");
});

test("a field that goes away while the agent types leaves no key behind", () => {
  const keys = gate("single");
  keys.judge(press("s", "textarea"), 0, false);
  assert.equal(keys.judge(press("h", "button"), 100, false).kind, "text");
  assert.equal(keys.judge(press(" ", "button"), 200, false).kind, "text");
});

test("letters beside the fields are told of with the third, and again if they go on", () => {
  const keys = gate("modifier");
  const told = [...Array(100).keys()].filter((place) => {
    const verdict = keys.judge(press("s"), place * 100, false);
    return verdict.kind === "text" && verdict.isStray;
  });
  assert.deepEqual(told, [2, 62]);
});

test("dialogs, AltGr, other modifiers, held keys and compositions are left alone", () => {
  const altGr = { ...ALT_SHIFT, getModifierState: () => true };
  const lost = [
    [press("h", "body", ALT_SHIFT), true],
    [press("h", "body", altGr), false],
    [press("h", "body", { ...ALT_SHIFT, ...CTRL }), false],
    [press("h", "body", { ...ALT_SHIFT, metaKey: true }), false],
    [press("h", "body", { altKey: true }), false],
    [press("h", "body", { ...ALT_SHIFT, repeat: true }), false],
    [press("h", "body", { isComposing: true }), false],
    [press("h", "body", { ...ALT_SHIFT, defaultPrevented: true }), false],
  ];
  for (const [one, isBlocked] of lost) {
    const verdict = gate("single").judge(
      /** @type {any} */ (one),
      0,
      /** @type {boolean} */ (isBlocked),
    );
    assert.equal(verdict.kind, "nothing");
  }
});

test("what is typed in fields and menus never acts, whatever was pressed before", () => {
  const draw = random(7);
  for (const mode of ["modifier", "single", "off"]) {
    const keys = gate(mode);
    let at = 0;
    for (let turn = 0; turn < 5_000; turn += 1) {
      at += Math.floor(draw() * 2_500);
      const kinds = [...FIELDS, "menu"];
      const kind = kinds[Math.floor(draw() * kinds.length)];
      const key = LETTERS[Math.floor(draw() * LETTERS.length)];
      const more = draw() < 0.3 ? ALT_SHIFT : {};
      assert.equal(keys.judge(press(key, kind, more), at, false).kind, "nothing");
    }
  }
});

test("typing beside the fields, in any order of focus, never acts by itself", () => {
  const draw = random(11);
  for (const mode of ["modifier", "single", "off"]) {
    const keys = gate(mode);
    /** @type {{at: number, verb: string}[]} */
    let waiting = [];
    let at = 10_000;
    let acted = 0;
    for (let turn = 0; turn < 20_000; turn += 1) {
      // As people type: up to a quarter of a second between two letters.
      at += 20 + Math.floor(draw() * 230);
      const kinds = draw() < 0.5 ? OTHERS : FIELDS;
      const kind = kinds[Math.floor(draw() * kinds.length)];
      const all = `${LETTERS}   `;
      const key = all[Math.floor(draw() * all.length)];
      for (const one of waiting.filter((one) => at >= one.at + ALONE_MS)) {
        acted += keys.isAlone(one.at, one.verb) ? 1 : 0;
      }
      waiting = waiting.filter((one) => at < one.at + ALONE_MS);
      const verdict = keys.judge(press(key, kind), at, false);
      assert.notEqual(verdict.kind, "command");
      if (verdict.kind === "alone") {
        waiting.push({ at, verb: verdict.verb });
      }
      if (kind === "button" && key === " " && turn > 0) {
        assert.equal(verdict.kind, "text", "a space within words pressed a button");
      }
    }
    assert.equal(acted, 0, mode);
  }
});

test("the help opens by its key only when it is pressed alone", () => {
  const keys = gate("modifier");
  keys.judge(press("h"), 0, false);
  assert.equal(keys.judge(press("?"), 150, false).kind, "text");
});

test("a key is written as it is pressed", () => {
  assert.equal(writtenKey("hang_up", "modifier"), "Alt+Shift+H");
  assert.equal(writtenKey("hang_up", "single"), "H");
  assert.equal(writtenKey("hang_up", "off"), "");
  assert.equal(writtenKey("help", "modifier"), "?");
  assert.equal(writtenKey("choose_3", "modifier"), "Alt+Shift+3");
  assert.equal(writtenKey("nothing of the kind", "single"), "");
});

test("fields, and lists with keys of their own, are typed in; buttons are not", () => {
  for (const kind of [...FIELDS, "menu"]) {
    assert.equal(isTyping(element(kind)), true, kind);
  }
  for (const kind of OTHERS) {
    assert.equal(isTyping(element(kind)), false, kind);
  }
  assert.equal(isTyping(null), false);
});
