import assert from "node:assert/strict";
import { test } from "node:test";
import { Ringback } from "../../../../static/console/dialing/ringback.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { initialState } from "../../../../static/console/state/state.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "in_call", state_since: null };

/**
 * Ana's state in a call out that is her page's own.
 * @param {any} call
 */
function calling(call) {
  const whole = {
    id: "call-1",
    version: 1,
    direction: "outbound",
    status: "dialing",
    progress: "",
    contact: { name: "Carla", number: "" },
    offered_to: [],
    agent: ANA,
    audio_url: "/ws/a",
    muted: false,
    answered_at: null,
    ...call,
  };
  return reduce(
    initialState,
    { type: "console", agent: ANA, calls: [whole], plans: [], lines: [] },
    0,
  );
}

/** A ringback whose tone only writes down what it is told. */
function listen() {
  /** @type {string[]} */
  const heard = [];
  const tone = {
    useSpeaker: () => {},
    start: () => heard.push("on"),
    stop: () => heard.push("off"),
  };
  return { heard, ringback: new Ringback(tone) };
}

const RINGING = calling({ progress: "ringing" });

test("the agent hears that it rings, and not before it does", () => {
  const { heard, ringback } = listen();
  ringback.follow(calling({ progress: "placed" }), "");
  assert.deepEqual(heard, []);
  ringback.follow(RINGING, "");
  ringback.follow(RINGING, "");
  assert.deepEqual(heard, ["on"]);
});

test("it stops at the answer, and at the end", () => {
  const answered = { status: "active", answered_at: "2026-01-05T09:00:10Z" };
  for (const next of [calling(answered), calling({ agent: null }), initialState]) {
    const { heard, ringback } = listen();
    ringback.follow(RINGING, "");
    ringback.follow(next, "");
    assert.deepEqual(heard, ["on", "off"]);
  }
});

test("it stops once there is something to hear", () => {
  const { heard, ringback } = listen();
  ringback.follow(RINGING, "");
  ringback.hears(0.0001);
  assert.deepEqual(heard, ["on"]);
  ringback.hears(0.05);
  ringback.follow(RINGING, "");
  assert.deepEqual(heard, ["on", "off"]);
});
