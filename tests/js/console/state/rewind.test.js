import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../static/console/state/reducer.js";
import { canRewind, keepingOf } from "../../../../static/console/state/rewind.js";
import { initialState } from "../../../../static/console/state/state.js";
import { ANA, BRUNO, carla, leg, talking } from "../calls.js";

const bruno = { agent: BRUNO };

/** @returns {any} */
function during(/** @type {any} */ call, here = true) {
  const audioHere = here ? call.id : null;
  return { ...initialState, agent: ANA, calls: { [call.id]: call }, audioHere };
}

const rows = [
  ["alone with the caller", talking({ rewind: true }), "on"],
  ["in a queue without it", talking({ rewind: false }), "off"],
  ["told by an older server", talking(), "off"],
  [
    "while a supervisor is in the call",
    talking({ rewind: true, supervisors: [{ name: "Sofia", mode: "barge" }] }),
    "paused",
  ],
  [
    "while a supervisor whispers",
    talking({ rewind: true, supervisors: [{ name: "Sofia", mode: "whisper" }] }),
    "on",
  ],
  ["on hold", talking({ rewind: true, status: "held" }), "paused"],
  [
    "while a colleague's console rings",
    talking({
      rewind: true,
      status: "held",
      legs: [leg(BRUNO, "consult", "ringing")],
    }),
    "paused",
  ],
  [
    "in a consult",
    talking({ rewind: true, status: "held", legs: [leg(BRUNO)] }),
    "paused",
  ],
  ["in a three-way call", talking({ rewind: true, legs: [leg(BRUNO)] }), "paused"],
  [
    "as a guest in a colleague's call",
    talking({ rewind: true, ...bruno, legs: [leg(BRUNO, "talk"), leg(ANA)] }),
    "off",
  ],
  ["after a transfer", talking({ rewind: true, ...bruno }), "off"],
  ["while it rings", carla({ rewind: true }), "off"],
  [
    "before the customer answers",
    talking({ rewind: true, status: "dialing" }),
    "paused",
  ],
  ["when it is over", talking({ rewind: true, status: "ended" }), "off"],
];

for (const [name, call, keeping] of rows) {
  test(`${name}: ${keeping}`, () => {
    assert.equal(keepingOf(during(call)), keeping);
  });
}

test("with the audio in another window nothing is kept here", () => {
  assert.equal(keepingOf(during(talking({ rewind: true }), false)), "off");
});

test("there is something to hear after a second, also on hold", () => {
  const talk = during(talking({ rewind: true }));
  assert.equal(canRewind(talk), false);
  const kept = reduce(talk, { type: "rewindKept", kept: 1, left: 0 }, 0);
  assert.equal(canRewind(kept), true);
  const held = {
    ...kept,
    calls: during(talking({ rewind: true, status: "held" })).calls,
  };
  assert.equal(canRewind(held), true);
});
