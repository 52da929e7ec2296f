import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../static/console/state/reducer.js";
import { initialState } from "../../../../static/console/state/state.js";
import { directedWords } from "../../../../static/console/state/supervisors.js";

const MESSAGE = {
  id: 1,
  from: "Sofia",
  to: "Support",
  text: "Refunds take two days today.",
  sent_at: "2026-11-30T12:00:00Z",
};

test("what supervisors wrote is whole each time", () => {
  const told = reduce(initialState, { type: "messages", messages: [MESSAGE] }, 0);
  assert.deepEqual(told.messages, [MESSAGE]);
  assert.deepEqual(reduce(told, { type: "messages", messages: [] }, 0).messages, []);
});

test("a notice names who did it, once", () => {
  const directed = {
    type: "directed",
    by: "Sofia",
    what: "hand",
    state: "",
    reason: "",
  };
  const told = reduce(reduce(initialState, directed, 0), directed, 1);
  assert.deepEqual(
    told.notices.map(({ who, text }) => [who, text]),
    [["Sofia", "has seen that you raised your hand."]],
  );
});

for (const [what, state, reason, words] of [
  ["state", "on_break", "Lunch", "set your state: On break (Lunch)."],
  ["state", "offline", "", "set your state: Offline."],
  ["next", "on_break", "", "chose what follows this call: On break."],
  ["released", "", "", "freed you for calls."],
]) {
  test(`after the name of who did it stands: ${words}`, () => {
    const directed = /** @type {any} */ ({ by: "Sofia", what, state, reason });
    assert.equal(directedWords(directed), words);
  });
}
