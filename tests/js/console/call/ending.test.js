import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { EndingCommands, isByKey } from "../../../../static/console/call/ending.js";
import { UNDO_MS, UndoSecond } from "../../../../static/console/shell/undo.js";
import { ANA, after, carla, talking, told } from "../calls.js";
import { consulting, threeWay } from "../consults.js";

const inCall = { ...ANA, state: "in_call", version: 2 };

/**
 * Ana's commands upon a state, and what they came to.
 * @param {any} state
 */
function scene(state) {
  /** @type {any[]} */
  const done = [];
  const note =
    (/** @type {string} */ name) =>
    (/** @type {any[]} */ ...more) =>
      done.push([name, ...more]);
  const store = { state };
  const undo = new UndoSecond();
  const question = { ask: note("ask"), follow: () => {} };
  const ending = new EndingCommands(
    /** @type {any} */ (store),
    /** @type {any} */ ({
      controls: { hangUp: note("hangUp") },
      ringing: { decline: note("decline") },
      transfer: {
        toAgent: note("toAgent"),
        complete: note("complete"),
        close: note("close"),
      },
    }),
    undo,
    /** @type {any} */ (question),
  );
  return { done, store, undo, ending };
}

const withCall = (/** @type {any} */ call) => after(told([call], { agent: inCall }));

test("a pointer hangs up at once", () => {
  const { done, ending } = scene(withCall(talking()));
  ending.hangUp(isByKey({ detail: 1 }));
  assert.deepEqual(done, [["hangUp"]]);
});

test("a key hangs up a moment later, unless it is taken back", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { done, ending, undo } = scene(withCall(talking()));
  ending.hangUp(isByKey({ detail: 0 }));
  assert.deepEqual(done, []);
  assert.equal(undo.takeBack(), true);
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, []);
  ending.hangUp(true);
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, [["hangUp"]]);
  assert.equal(undo.takeBack(), false);
  mock.timers.reset();
});

test("what a key began never ends another call than that one", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { done, ending, store } = scene(withCall(talking()));
  ending.hangUp(true);
  store.state = withCall(talking({ id: "another" }));
  ending.follow();
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, []);
  mock.timers.reset();
});

test("a colleague who joins in that moment is not cut off", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { done, ending, store } = scene(withCall(talking({ id: "carla-1" })));
  ending.hangUp(true);
  store.state = withCall(threeWay());
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, []);
  mock.timers.reset();
});

test("ending a call of three asks, by key and by pointer", () => {
  for (const call of [threeWay(), consulting()]) {
    for (const byKey of [true, false]) {
      const { done, ending } = scene(withCall(call));
      ending.hangUp(byKey);
      assert.equal(done.length, 1);
      const [[what, , asked, answers]] = done;
      assert.deepEqual([what, asked.id], ["ask", call.id]);
      answers.leave();
      answers.end();
      assert.deepEqual(done.slice(1), [["complete"], ["hangUp"]]);
    }
  }
});

test("a guest leaves without a question", () => {
  const bruno = { ...ANA, id: 2, name: "Bruno", state: "in_call" };
  const { done, ending } = scene(after(told([threeWay()], { agent: bruno })));
  ending.hangUp(false);
  assert.deepEqual(done, [["hangUp"]]);
});

test("a call declined by key rings on until the moment is over", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { done, ending } = scene(after(told([carla()])));
  ending.decline("carla-1", true);
  assert.deepEqual(done, []);
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, [["decline", "carla-1"]]);
  mock.timers.reset();
});

test("a transfer chosen by key closes the list, and may be taken back", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { done, ending, undo } = scene(withCall(talking()));
  ending.transfer("toAgent", 2, "Bruno", true);
  assert.deepEqual(done, [["close"]]);
  undo.takeBack();
  mock.timers.tick(UNDO_MS);
  assert.deepEqual(done, [["close"]]);
  ending.transfer("toAgent", 2, "Bruno", false);
  assert.deepEqual(done.slice(1), [["toAgent", 2]]);
  mock.timers.reset();
});
