import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callBackWords,
  kindWords,
  outcomeWords,
} from "../../../../static/console/my-calls/words.js";

const NOW = Date.parse("2026-01-05T12:00:00Z");
/** @returns {any} */
const call = (more = {}) => ({
  kind: "missed",
  direction: "inbound",
  result: "Abandoned",
  agent: "",
  seconds: null,
  to_call_back: false,
  called_back: null,
  ...more,
});
const later = (more = {}) => ({
  at: "2026-01-05T11:30:00Z",
  direction: "outbound",
  agent: "Bruno",
  answered: true,
  ...more,
});

/** @type {[string, any, string[]][]} */
const ROWS = [
  ["a missed call", call(), ["Missed", "Abandoned"]],
  [
    "one that a colleague answered",
    call({ agent: "Bruno", result: "Answered" }),
    ["Missed", "Answered by Bruno"],
  ],
  [
    "an answered call, whose length says so",
    call({ kind: "answered", result: "Answered", seconds: 7 }),
    ["Answered", ""],
  ],
  [
    "a colleague's call that was taken over",
    call({ kind: "answered", direction: "outbound", result: "Answered", seconds: 7 }),
    ["Taken over", ""],
  ],
  [
    "a call that was placed in vain",
    call({ kind: "placed", direction: "outbound", result: "No answer" }),
    ["Placed", "No answer"],
  ],
];
for (const [name, row, words] of ROWS) {
  test(`the words of ${name}`, () => {
    assert.deepEqual([kindWords(row), outcomeWords(row)], words);
  });
}

test("a missed call says who called back, and with what success", () => {
  const said = (/** @type {any} */ more) =>
    callBackWords(call(more), NOW).replace(/\d\d:\d\d/, "12:30");
  assert.equal(said({ to_call_back: true }), "Not called back yet");
  assert.equal(said({}), "");
  assert.equal(said({ called_back: later() }), "Called back by Bruno: today 12:30");
  assert.equal(
    said({ called_back: later({ answered: false }) }),
    "Called back by Bruno, no answer: today 12:30",
  );
  assert.equal(
    said({ called_back: later({ direction: "inbound" }) }),
    "Called again, answered by Bruno: today 12:30",
  );
});
