import assert from "node:assert/strict";
import { test } from "node:test";

import { callerHeading, callerName } from "../../../../static/console/state/labels.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import {
  agentStatus,
  audioCall,
  callStatus,
  myCall,
  ringingCalls,
} from "../../../../static/console/state/selectors.js";
import { initialState } from "../../../../static/console/state/state.js";
import { Store } from "../../../../static/console/state/store.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };
const BRUNO = { id: 2, name: "Bruno" };

/**
 * Carla's call as the server tells it.
 * @returns {any}
 */
function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "ringing",
    contact: { name: "Carla Gomes", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [1, 2],
    agent: null,
    audio_url: null,
    muted: false,
    created_at: "2026-01-05T09:00:00Z",
    answered_at: null,
    ended_at: null,
    ended_by: "",
    end_reason: "",
    end_text: "",
    ...changes,
  };
}

const asAna = { agent: { id: 1, name: "Ana" } };
const connecting = (version = 2, more = {}) =>
  carla({ version, status: "connecting", audio_url: "/ws/a", ...asAna, ...more });
const active = (version = 3, more = {}) =>
  carla({
    version,
    status: "active",
    audio_url: "/ws/a",
    answered_at: "2026-01-05T09:00:10Z",
    ...asAna,
    ...more,
  });
const ended = (version = 4, more = {}) =>
  active(version, { status: "ended", ended_at: "2026-01-05T09:02:23Z", ...more });

/**
 * The state after these messages and actions, one per millisecond.
 * @param {any[]} actions
 * @returns {any}
 */
function after(...actions) {
  return actions.reduce(
    (state, action, now) => reduce(state, action, now),
    initialState,
  );
}

const online = { type: "connection", connection: "online" };
const console_ = (/** @type {any[]} */ ...calls) => ({
  type: "console",
  agent: ANA,
  calls,
});
const tell = (/** @type {any} */ call) => ({ type: "call", call });
const ask = (/** @type {string} */ verb, request = 1) => ({
  type: "asked",
  verb,
  call: "carla-1",
  request,
});
const audio = (/** @type {string} */ state) => ({ type: "audio", audio: state });

test("a call offered to Ana rings, and one offered only to Bruno does not", () => {
  const state = after(
    online,
    console_(),
    tell(carla()),
    tell(carla({ id: "other", offered_to: [2] })),
  );
  assert.equal(callStatus(state), "Ringing");
  assert.deepEqual(
    ringingCalls(state).map((call) => call.id),
    ["carla-1"],
  );
});

test("several ringing calls are listed longest first", () => {
  const state = after(
    online,
    console_(
      carla({ id: "young", created_at: "2026-01-05T09:00:20Z" }),
      carla({ id: "old", created_at: "2026-01-05T08:59:00Z" }),
    ),
  );
  assert.deepEqual(
    ringingCalls(state).map((call) => call.id),
    ["old", "young"],
  );
});

test("a message with a version not higher than the one shown is dropped", () => {
  const before = after(online, console_(), tell(connecting(5)));
  assert.equal(reduce(before, tell(carla({ version: 5 })), 9), before);
  assert.equal(reduce(before, tell(carla({ version: 4 })), 9), before);
  const older = { ...ANA, version: 0, state: "offline" };
  assert.equal(
    reduce(before, { type: "agent", agent: older }, 9).agent?.state,
    "available",
  );
});

test("a call that is over does not come back with a late message", () => {
  const state = after(
    online,
    console_(carla()),
    tell(ended(7)),
    tell(carla({ version: 3 })),
  );
  assert.equal(callStatus(state), "Idle");
  assert.deepEqual(state.calls, {});
});

test("the versions of finished calls do not grow without end", () => {
  let state = after(online, console_());
  for (let index = 0; index < 500; index += 1) {
    state = reduce(state, tell(ended(1, { id: `call-${index}` })), index);
  }
  assert.equal(Object.keys(state.versions).length, 100);
  assert.ok("call-499" in state.versions);
});

test("when Bruno takes the call Ana's console says so and stops ringing", () => {
  const state = after(
    online,
    console_(carla()),
    tell(carla({ version: 2, status: "connecting", agent: BRUNO })),
  );
  assert.equal(callStatus(state), "Idle");
  assert.equal(state.notices[0].who, "Carla Gomes");
  assert.equal(state.notices[0].text, "Bruno answered this call");
});

test("when Carla hangs up the console says so", () => {
  const gone = carla({ version: 2, status: "ended", ended_by: "customer" });
  const state = after(online, console_(carla()), tell(gone));
  assert.equal(state.notices[0].text, "The caller hung up");
});

test("a call that Ana declined leaves without a note, though it rings on for Bruno", () => {
  const asked = after(online, console_(carla()), ask("decline"));
  assert.equal(callStatus(asked), "Idle");
  const state = reduce(asked, tell(carla({ version: 2, offered_to: [2] })), 9);
  assert.deepEqual(state.notices, []);
  assert.deepEqual(state.asked, {});
});

test("a click on Answer reads Connecting until the call is active", () => {
  const asked = after(online, console_(carla()), ask("answer"));
  assert.equal(callStatus(asked), "Connecting");
  assert.equal(ringingCalls(asked).length, 0);
  const claimed = reduce(asked, tell(connecting()), 5);
  assert.equal(callStatus(claimed), "Connecting");
  assert.equal(audioCall(claimed)?.id, "carla-1");
  const heard = reduce(claimed, { type: "audio", audio: "connected" }, 6);
  assert.equal(callStatus(heard), "Connecting");
  assert.equal(callStatus(reduce(heard, tell(active()), 7)), "In call");
});

test("a snapshot leaves an answer in flight alone", () => {
  const state = after(online, console_(carla()), ask("answer"), console_(carla()));
  assert.equal(callStatus(state), "Connecting");
  const lost = { type: "connection", connection: "lost" };
  const back = after(online, console_(carla()), ask("answer"), lost, console_(carla()));
  assert.equal(callStatus(back), "Ringing");
});

test("a refused answer brings the card back, with the server's sentence", () => {
  const state = after(online, console_(carla()), ask("answer", 7), {
    type: "problem",
    text: "Bruno was quicker.",
    request: 7,
  });
  assert.equal(callStatus(state), "Ringing");
  assert.equal(state.audioHere, null);
  assert.equal(state.notices[0].text, "Bruno was quicker.");
});

test("the agent who lost the race reads it once, whichever message comes first", () => {
  const taken = tell(carla({ version: 2, status: "connecting", agent: BRUNO }));
  const late = { type: "problem", text: "Bruno answered this call.", request: 7 };
  for (const order of [
    [taken, late],
    [late, taken],
  ]) {
    const state = after(online, console_(carla()), ask("answer", 7), ...order);
    assert.equal(state.notices.length, 1);
    assert.equal(state.notices[0].who, "Carla Gomes");
    assert.match(state.notices[0].text, /^Bruno answered this call/);
    assert.equal(callStatus(state), "Idle");
  }
});

test("a decline that ends the call leaves no note either", () => {
  const gone = carla({ version: 2, status: "ended", ended_by: "agent" });
  const state = after(online, console_(carla()), ask("decline"), tell(gone));
  assert.deepEqual(state.notices, []);
});

test("a call whose audio did not start here goes back, and the agent reads why", () => {
  const left = [{ agent: { id: 1, name: "Ana" }, mode: "talk", because: "no_audio" }];
  const released = carla({ version: 3, offered_to: [2], left });
  const state = after(
    online,
    console_(carla()),
    ask("answer"),
    tell(connecting()),
    tell(released),
  );
  assert.equal(callStatus(state), "Idle");
  assert.equal(state.audioHere, null);
  assert.match(
    state.lastCall.text,
    /^Your audio did not connect in time\. Carla Gomes waits/,
  );
});

test("a problem with another request leaves the answer as it is", () => {
  const state = after(online, console_(carla()), ask("answer", 7), {
    type: "problem",
    text: "No.",
    request: 6,
  });
  assert.equal(callStatus(state), "Connecting");
});

test("an answer without a reply times out after ten seconds", () => {
  const asked = after(online, console_(carla()), ask("answer"));
  assert.equal(reduce(asked, { type: "tick" }, 5_000), asked);
  const state = reduce(asked, { type: "tick" }, 10_100);
  assert.equal(callStatus(state), "Ringing");
  assert.match(state.notices[0].text, /did not reply/);
});

test("notices leave after a while, and by a click", () => {
  const noted = after(online, { type: "problem", text: "One." });
  assert.deepEqual(reduce(noted, { type: "tick" }, 60_000).notices, []);
  assert.deepEqual(
    reduce(noted, { type: "dismiss", id: noted.notices[0].id }, 2).notices,
    [],
  );
});

test("a page just loaded opens the audio of the call it finds", () => {
  const state = after(online, console_(active()));
  assert.equal(callStatus(state), "Connecting", "no one hears Ana yet");
  assert.equal(audioCall(state)?.id, "carla-1");
  const heard = reduce(state, { type: "audio", audio: "connected" }, 9);
  assert.equal(callStatus(heard), "In call");
});

test("a second window shows a call answered elsewhere and leaves its audio alone", () => {
  const state = after(online, console_(carla()), tell(connecting()), tell(active()));
  assert.equal(callStatus(state), "In call");
  assert.equal(audioCall(state), null);
  assert.equal(audioCall(reduce(state, { type: "takeAudio" }, 9))?.id, "carla-1");
});

test("a newer window takes the audio over from this one", () => {
  const state = after(
    online,
    console_(active()),
    audio("connected"),
    audio("replaced"),
  );
  assert.equal(audioCall(state), null);
  assert.equal(callStatus(state), "In call");
});

test("lost audio reads Reconnecting, first audio reads Connecting", () => {
  const first = after(online, console_(active()), audio("connecting"));
  assert.equal(callStatus(first), "Connecting");
  const lost = after(online, console_(active()), audio("connected"), audio("lost"));
  assert.equal(callStatus(lost), "Reconnecting");
  assert.equal(callStatus(reduce(lost, audio("connecting"), 9)), "Reconnecting");
  assert.equal(callStatus(reduce(lost, audio("connected"), 9)), "In call");
});

test("a lost console connection reads Reconnecting, except in a call that goes on", () => {
  const lost = { type: "connection", connection: "lost" };
  assert.equal(callStatus(after(online, console_(), lost)), "Reconnecting");
  assert.equal(callStatus(after(online, console_(carla()), lost)), "Reconnecting");
  const talking = after(online, console_(active()), audio("connected"), lost);
  assert.equal(callStatus(talking), "In call");
  assert.equal(agentStatus(talking), "Reconnecting");
});

test("what a reconnect no longer brings is gone, with a notice", () => {
  const state = after(online, console_(active()), console_());
  assert.equal(myCall(state), null);
  assert.match(state.lastCall.text, /while the console was disconnected/);
});

test("an outbound call reads Dialing until it is active", () => {
  const dialing = connecting(1, { direction: "outbound", status: "ringing" });
  assert.equal(callStatus(after(online, console_(dialing))), "Dialing");
});

test("the last call stays with its length and its end", () => {
  const state = after(
    online,
    console_(active()),
    tell(ended(4, { ended_by: "customer", talk_seconds: 133 })),
  );
  assert.deepEqual(state.lastCall, {
    id: "carla-1",
    name: "Carla Gomes",
    text: "The caller hung up",
    isWhole: true,
    seconds: 133,
  });
  assert.equal(state.audioHere, null);
});

test("a call the system ended is explained by the server's sentence", () => {
  const end_text = "WhatsApp sent no sound for 12 seconds.";
  const state = after(
    online,
    console_(active()),
    tell(ended(4, { ended_by: "system", end_text })),
  );
  assert.equal(state.lastCall.text, end_text);
});

test("the agent's last request to mute stands until the server has answered it", () => {
  const mute = (/** @type {boolean} */ muted) => ({ type: "muted", muted });
  let state = after(online, console_(active()), mute(true), mute(false), mute(true));
  for (const [index, muted] of [true, false, true].entries()) {
    state = reduce(state, tell(active(4 + index, { muted })), index);
    assert.equal(state.mute.muted, true);
  }
  // Unmuted in another window of the same agent.
  state = reduce(state, tell(active(7, { muted: false })), 7);
  assert.equal(state.mute.muted, false);
});

test("a reload keeps a muted call muted, and a new call starts unmuted", () => {
  const state = after(online, console_(active(3, { muted: true })));
  assert.equal(state.mute.muted, true);
  const next = [tell(ended(4)), tell(connecting(1, { id: "next" }))];
  const later = next.reduce((one, action) => reduce(one, action, 9), state);
  assert.equal(later.mute.muted, false);
});

test("a reconnect does not unmute an agent whose request was lost", () => {
  const state = after(
    online,
    console_(active()),
    { type: "muted", muted: true },
    console_(active()),
  );
  assert.equal(state.mute.muted, true);
  assert.equal(myCall(state)?.muted, false);
});

test("ids are compared as text, for a server that sends numbers or strings", () => {
  const state = after(online, console_(carla({ offered_to: ["1"] })));
  assert.equal(callStatus(state), "Ringing");
});

test("an unknown message changes nothing", () => {
  const state = after(online, console_());
  assert.equal(reduce(state, { type: "whisper" }, 9), state);
  assert.equal(reduce(state, { type: "toString" }, 9), state);
});

test("the store passes a listener the state before, and is quiet when nothing changed", () => {
  const store = new Store();
  /** @type {unknown[]} */
  const heard = [];
  store.addEventListener("change", (event) =>
    heard.push(/** @type {CustomEvent} */ (event).detail.previous),
  );
  store.dispatch(online);
  store.dispatch({ type: "whisper" });
  assert.deepEqual(heard, [initialState]);
});

test("each state of the agent has its word", () => {
  const words = ["available", "in_call", "on_break", "offline"].map((state) =>
    agentStatus(
      after(online, { type: "console", agent: { ...ANA, state }, calls: [] }),
    ),
  );
  assert.deepEqual(words, ["Available", "In call", "On break", "Offline"]);
  assert.equal(agentStatus(initialState), "Reconnecting");
});

test("a caller is named by name, else by number, else as unknown", () => {
  const number = "+44 7700 900123";
  assert.equal(callerName(carla()), "Carla Gomes");
  const unnamed = carla({ contact: { name: "", number } });
  assert.equal(callerName(unnamed), number);
  assert.equal(callerHeading(unnamed), "Unknown WhatsApp user");
  const unknown = carla({ contact: { name: "", number: "" } });
  assert.equal(callerName(unknown), "Unknown WhatsApp user");
});
