import assert from "node:assert/strict";
import { test } from "node:test";
import { SHORTCUTS } from "../../../../static/console/shell/keyboard.js";
import { keyNow } from "../../../../static/console/state/keys-now.js";
import { ANA, after, carla, talking, told, work } from "../calls.js";
import { asking, consulting, held, threeWay } from "../consults.js";

const inCall = { ...ANA, state: "in_call", version: 2 };
const bruno = { ...ANA, id: 2, name: "Bruno", state: "in_call" };
const withCall = (/** @type {any} */ call) => after(told([call], { agent: inCall }));
const says = (/** @type {string} */ verb, /** @type {any} */ state) =>
  keyNow(verb, state).text;

test("each key of the list says what it does, or why nothing", () => {
  const states = [
    after(told()),
    after(told([carla()])),
    withCall(talking()),
    withCall(held()),
    withCall(asking()),
    withCall(consulting()),
    withCall(threeWay()),
    after(told([], { work: work() })),
  ];
  for (const state of states) {
    for (const { verb } of SHORTCUTS) {
      assert.ok(verb === "help" || says(verb, state) !== "", verb);
    }
  }
});

test("hanging up says whether it asks, ends or leaves", () => {
  assert.equal(says("hang_up", withCall(talking())), "Ends the call with Carla Gomes");
  for (const shared of [threeWay(), consulting()]) {
    assert.equal(
      says("hang_up", withCall(shared)),
      "Asks you, as a colleague is in the call",
    );
  }
  const guest = after(told([threeWay()], { agent: bruno }));
  assert.equal(says("hang_up", guest), "Leaves the call of Ana");
  assert.deepEqual(keyNow("hang_up", after(told())), {
    can: false,
    text: "You are in no call.",
  });
});

test("the key of hold follows what its button would do", () => {
  assert.equal(says("hold", withCall(talking())), "Puts Carla Gomes on hold");
  assert.equal(says("hold", withCall(held())), "Resumes the call with Carla");
  assert.equal(says("hold", withCall(consulting())), "Brings Carla and Bruno together");
  const guest = after(told([threeWay()], { agent: bruno }));
  assert.deepEqual(keyNow("hold", guest), {
    can: false,
    text: "This is a call of Ana.",
  });
});

test("a second call that rings is not answered by its key", () => {
  const second = carla({ id: "second", contact: { name: "Dora", number: "" } });
  const state = after(told([talking(), second], { agent: inCall }));
  assert.deepEqual(keyNow("answer", state), {
    can: false,
    text: "End your call first, then answer.",
  });
  assert.equal(says("decline", state), "Declines Dora");
});

test("without a connection nothing is promised", () => {
  const state = after(told([talking()], { agent: inCall }), {
    type: "connection",
    connection: "lost",
  });
  assert.equal(keyNow("hang_up", state).can, false);
  assert.equal(keyNow("hold", state).can, false);
});

test("the wrap-up's keys follow its rules", () => {
  const required = after(told([], { work: work({ required: true }) }));
  assert.equal(says("finish", required), "Choose a disposition to finish.");
  assert.equal(keyNow("choose_3", required).can, true);
  assert.equal(says("choose_9", required), "There is no disposition number 9.");
  assert.equal(says("more_time", required), "This wrap-up has no limit.");
  assert.equal(says("choose_1", after(told())), "You are not in wrap-up.");
});
