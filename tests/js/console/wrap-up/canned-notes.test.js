import assert from "node:assert/strict";
import { test } from "node:test";
import { expanded, inserted } from "../../../../static/console/wrap-up/canned-notes.js";

const CANNED = [
  { key: "tx", text: "Transferred to Sales." },
  { key: "é1", text: "Relevé." },
];
const LONGEST = 60;
/** Type a text whose caret is at the bar. */
function typed(/** @type {string} */ text) {
  const caret = text.indexOf("|");
  const found = expanded(text.replace("|", ""), caret, CANNED, LONGEST);
  return (
    found && `${found.notes.slice(0, found.caret)}|${found.notes.slice(found.caret)}`
  );
}

for (const [before, after] of [
  ["/tx |", "Transferred to Sales. |"],
  ["/TX |", "Transferred to Sales. |"],
  ["Angry. /tx |", "Angry. Transferred to Sales. |"],
  ["Angry.\n/tx\n|", "Angry.\nTransferred to Sales.\n|"],
  ["/tx | and more", "Transferred to Sales. | and more"],
  ["/é1 |", "Relevé. |"],
]) {
  test(`"${before}" becomes its text`, () => assert.equal(typed(before), after));
}

for (const text of [
  "/tx|",
  "/ty |",
  "a/tx |",
  "24/7 |",
  "tx |",
  "/tx  |",
  "/ |",
  "|/tx ",
  `${"x".repeat(40)} /tx |`, // too long with it
]) {
  test(`"${text}" stays as it is`, () => assert.equal(typed(text), null));
}

test("a text that is pressed stands apart from the words around it", () => {
  const put = (/** @type {string} */ notes, /** @type {number} */ caret) =>
    inserted(notes, caret, "Solved.", LONGEST)?.notes;
  assert.equal(put("", 0), "Solved. ");
  assert.equal(put("Angry.", 6), "Angry. Solved. ");
  assert.equal(put("Angry.\n", 7), "Angry.\nSolved. ");
  assert.equal(put("x".repeat(58), 58), undefined);
});
