import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ringHeadline,
  ringReason,
} from "../../../../static/console/ringing/ring-attempts.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import {
  audioCall,
  callStatus,
  ringingCalls,
} from "../../../../static/console/state/selectors.js";
import { isGuest, isRingingAt } from "../../../../static/console/state/snapshot.js";
import { ANA, after, BRUNO, CONNECTED, carla, leg, talking, told } from "../calls.js";

test("a call that the system has answered rings, and can be answered as any other", () => {
  const state = after(told([carla({ status: "waiting" })]));
  assert.equal(callStatus(state), "Ringing");
  const asked = reduce(
    state,
    { type: "asked", verb: "answer", call: "carla-1", request: 1 },
    9,
  );
  assert.equal(callStatus(asked), "Connecting");
});

test("a waiting call that is not offered to this agent does not ring", () => {
  assert.equal(
    callStatus(after(told([carla({ status: "waiting", offered_to: [] })]))),
    "Idle",
  );
});

test("a consult rings although the call has an agent", () => {
  const asked = carla({
    status: "held",
    agent: BRUNO,
    offer_kinds: { 1: "consult" },
    from_agent: BRUNO,
    legs: [leg(ANA, "consult", "ringing")],
  });
  const state = after(told([asked]));
  assert.equal(ringingCalls(state).length, 1);
  assert.equal(ringReason(asked, ANA), "Consult from Bruno about Carla Gomes");
  assert.equal(ringHeadline(asked, ANA), "Consult from Bruno about Carla Gomes");
});

test("a consulted agent is in the call, hears it here, and is not on hold", () => {
  const rings = carla({ status: "held", agent: BRUNO, offer_kinds: { 1: "consult" } });
  const joined = carla({
    version: 2,
    status: "held",
    agent: BRUNO,
    offered_to: [],
    muted: true,
    legs: [leg(ANA)],
  });
  const state = after(
    told([rings]),
    { type: "asked", verb: "answer", call: "carla-1", request: 1 },
    { type: "call", call: joined },
    CONNECTED,
  );
  assert.equal(isGuest(joined, ANA), true);
  assert.equal(audioCall(state)?.id, "carla-1");
  assert.equal(callStatus(state), "In call");
  assert.equal(state.mute.muted, false, "Bruno's mute is not Ana's");
});

test("a consulted agent who left is idle again and reads who goes on", () => {
  const joined = carla({
    status: "held",
    agent: BRUNO,
    offered_to: [],
    legs: [leg(ANA)],
  });
  const left = carla({
    version: 2,
    status: "active",
    agent: BRUNO,
    offered_to: [],
    legs: [],
    left: [{ agent: { id: 1, name: "Ana" }, mode: "consult", because: "left" }],
  });
  const state = after(told([joined]), { type: "call", call: left });
  assert.equal(callStatus(state), "Idle");
  assert.equal(state.lastCall?.text, "You left the call. Bruno has the call.");
});

test("a consult that was cancelled is not a call that Bruno answered", () => {
  const rings = carla({ status: "held", agent: BRUNO, offer_kinds: { 1: "consult" } });
  const gone = carla({ version: 2, status: "held", agent: BRUNO, offered_to: [] });
  const state = after(told([rings]), { type: "call", call: gone });
  assert.equal(state.notices.at(-1)?.text, "Bruno cancelled the consult");
});

test("a call on hold is still Ana's, and says so", () => {
  const state = after(told([talking({ status: "held" })]), CONNECTED);
  assert.equal(callStatus(state), "On hold");
  assert.equal(isRingingAt(talking({ status: "held" }), ANA), false);
});
