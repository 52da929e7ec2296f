import assert from "node:assert/strict";
import { test } from "node:test";
import { SHORTCUTS, verbOf } from "../../../../static/console/shell/keyboard.js";

/**
 * A key pressed while an element of this kind has the focus.
 * @param {string} key
 * @param {{element?: string} & Record<string, any>} more
 */
function press(key, { element = "body", ...keys } = {}) {
  const target = {
    isContentEditable: element === "editable",
    matches: (/** @type {string} */ selector) => selector.split(", ").includes(element),
  };
  return {
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    target,
    ...keys,
  };
}

test("each shortcut of the help has its command, in upper and lower case", () => {
  for (const { key, verb } of SHORTCUTS) {
    assert.equal(verbOf(press(key)), verb);
    assert.equal(verbOf(press(key.toUpperCase())), verb);
  }
});

test("digits choose a disposition, except in a field", () => {
  assert.equal(verbOf(press("1")), "choose_1");
  assert.equal(verbOf(press("9")), "choose_9");
  assert.equal(verbOf(press("0")), null);
  assert.equal(verbOf(press("3", { element: "textarea" })), null);
});

test("keys typed in a field are text", () => {
  for (const element of ["textarea", "select", "editable"]) {
    assert.equal(verbOf(press("h", { element })), null);
  }
  assert.equal(verbOf(press("h", { element: "button" })), "hang_up");
});

test("the browser's own shortcuts and held keys are left alone", () => {
  for (const keys of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) {
    assert.equal(verbOf(press("a", keys)), null);
  }
  assert.equal(verbOf(press("m", { repeat: true })), null);
  assert.equal(verbOf(press("x")), null);
});
