import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ringHeadline,
  ringReason,
  waitOf,
} from "../../../../static/console/ringing/ring-attempts.js";
import {
  countdown,
  secondsUntil,
  spokenCountdown,
} from "../../../../static/console/shell/countdown.js";
import { placeAfter } from "../../../../static/console/shell/menu-button.js";
import { breakLimitText } from "../../../../static/console/shift/break-limit.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import {
  agentStatus,
  audioCall,
  callStatus,
  ringingCalls,
} from "../../../../static/console/state/selectors.js";
import {
  chosenHere,
  flatChoices,
  missing,
} from "../../../../static/console/state/shift.js";
import { isGuest, isRingingAt } from "../../../../static/console/state/snapshot.js";
import { initialState, noCallback } from "../../../../static/console/state/state.js";
import {
  fieldOf,
  instantOf,
  plannedText,
  problemOf,
  suggestions,
} from "../../../../static/console/wrap-up/callback.js";

/** @type {any} */
const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };
const BRUNO = { id: 2, name: "Bruno" };
const NOW = Date.parse("2026-01-05T09:00:00Z");

/** @returns {any} */
function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "ringing",
    contact: { id: 7, name: "Carla Gomes", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [1],
    offer_kinds: { 1: "queue" },
    from_agent: null,
    agent: null,
    legs: [],
    audio_url: "/ws/a",
    muted: false,
    created_at: "2026-01-05T08:58:00Z",
    queued_at: "2026-01-05T08:57:00Z",
    held_since: null,
    answered_at: null,
    ended_at: null,
    ended_by: "",
    end_reason: "",
    end_text: "",
    ...changes,
  };
}

const leg = (/** @type {any} */ agent, mode = "consult", state = "joined") => ({
  agent,
  mode,
  state,
  joined_at: null,
});
const anas = { agent: { id: 1, name: "Ana" }, offered_to: [] };
const talking = (changes = {}) =>
  carla({ status: "active", answered_at: "2026-01-05T08:58:30Z", ...anas, ...changes });

/** @returns {any} */
function work(changes = {}) {
  return {
    call: "carla-1",
    call_snapshot: talking({ status: "ended" }),
    notes: "",
    disposition: null,
    required: false,
    choices: [
      { id: 1, name: "Sold", children: [] },
      {
        id: 3,
        name: "Complaint",
        children: [
          { id: 31, name: "Late" },
          { id: 32, name: "Wrong" },
        ],
      },
    ],
    until: null,
    over: true,
    ...changes,
  };
}

/** @param {any[]} calls @param {any} more */
const told = (calls = [], more = {}) => ({
  type: "console",
  agent: ANA,
  calls,
  ...more,
});

/**
 * @param {any[]} actions
 * @returns {any}
 */
function after(...actions) {
  return actions.reduce(
    (state, action, now) => reduce(state, action, now),
    initialState,
  );
}

test("each state of an agent has its words", () => {
  /** @type {Record<string, string>} */
  const words = {
    offline: "Offline",
    available: "Available",
    cannot_ring: "Cannot ring",
    ringing: "Ringing",
    in_call: "In call",
    reconnecting: "Reconnecting",
    wrap_up: "Wrap-up",
    on_break: "On break",
  };
  for (const [state, word] of Object.entries(words)) {
    assert.equal(agentStatus(after({ ...told(), agent: { ...ANA, state } })), word);
  }
});

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

test("a waiting call that is offered to nobody here does not ring", () => {
  assert.equal(
    callStatus(after(told([carla({ status: "waiting", offered_to: [] })]))),
    "Idle",
  );
});

test("a colleague's question rings although the call has an agent", () => {
  const asked = carla({
    status: "held",
    agent: BRUNO,
    offer_kinds: { 1: "consult" },
    from_agent: BRUNO,
    legs: [leg(ANA, "consult", "ringing")],
  });
  const state = after(told([asked]));
  assert.equal(ringingCalls(state).length, 1);
  assert.equal(ringReason(asked, ANA), "Bruno asks you about Carla Gomes");
  assert.equal(ringHeadline(asked, ANA), "Bruno asks you about Carla Gomes");
});

test("a guest is in the call, hears it here, and is not on hold", () => {
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
  );
  assert.equal(isGuest(joined, ANA), true);
  assert.equal(audioCall(state)?.id, "carla-1");
  assert.equal(callStatus(state), "In call");
  assert.equal(state.mute.muted, false, "Bruno's mute is not Ana's");
});

test("a guest who left goes back to idle and reads who goes on", () => {
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
  });
  const state = after(told([joined]), { type: "call", call: left });
  assert.equal(callStatus(state), "Idle");
  assert.equal(state.lastCall?.text, "Bruno goes on alone");
});

test("a question that was taken back is not a call that Bruno took", () => {
  const rings = carla({ status: "held", agent: BRUNO, offer_kinds: { 1: "consult" } });
  const gone = carla({ version: 2, status: "held", agent: BRUNO, offered_to: [] });
  const state = after(told([rings]), { type: "call", call: gone });
  assert.equal(state.notices.at(-1)?.text, "Bruno does not need you any more");
});

test("a call on hold is still Ana's, and says so", () => {
  const state = after(told([talking({ status: "held" })]));
  assert.equal(callStatus(state), "On hold");
  assert.equal(isRingingAt(talking({ status: "held" }), ANA), false);
});

test("each kind of offer is named, an ordinary one is not", () => {
  const of = (/** @type {string} */ kind) =>
    ringReason(carla({ offer_kinds: { 1: kind }, from_agent: BRUNO }), ANA);
  assert.equal(of("queue"), "");
  assert.equal(of("transfer"), "Bruno transfers this call to you");
  assert.equal(of("sticky"), "They talked with you last time");
  assert.equal(ringHeadline(carla(), ANA), "Carla Gomes is calling");
});

test("the card counts the ringing, the waiting, or the hold", () => {
  assert.deepEqual(waitOf(carla()), { since: "2026-01-05T08:58:00Z", kind: "rings" });
  assert.deepEqual(waitOf(carla({ status: "waiting" })), {
    since: "2026-01-05T08:57:00Z",
    kind: "waits",
  });
  const since = "2026-01-05T08:59:00Z";
  assert.deepEqual(waitOf(carla({ status: "held", held_since: since })), {
    since,
    kind: "held",
  });
});

test("a page that a newer one has replaced neither rings nor sounds", () => {
  const state = after(told([talking()]), { type: "replaced" });
  assert.equal(state.audioHere, null);
  assert.equal(callStatus(state), "In call", "and still shows the call");
  assert.deepEqual(ringingCalls(after(told([carla()], { primary: false }))), []);
});

test("the page that is told to be the one takes the sound of the call", () => {
  const state = after(
    told([talking()]),
    { type: "replaced" },
    told([talking({ version: 2 })], { primary: true }),
  );
  assert.equal(state.shift.primary, true);
  assert.equal(audioCall(state)?.id, "carla-1");
});

test("a page that never heard of its replacement learns it when everything is told", () => {
  const state = after(told([talking()]), told([talking()], { primary: false }));
  assert.equal(state.audioHere, null);
});

test("after the call the status reads wrap-up until the work is done", () => {
  const state = after(told([], { work: work() }));
  assert.equal(callStatus(state), "Wrap-up");
  assert.equal(callStatus(reduce(state, { type: "work", work: null }, 9)), "Idle");
  assert.equal(
    callStatus(after(told([talking()], { work: work({ over: false }) }))),
    "In call",
  );
});

test("a required disposition is missing until one is chosen", () => {
  const state = after(told([], { work: work({ required: true }) }));
  assert.equal(missing(state), "disposition");
  const asked = reduce(
    state,
    { type: "asked", verb: "disposition", call: "disposition", request: 4, value: 31 },
    9,
  );
  assert.equal(chosenHere(asked), 31);
  assert.equal(missing(asked), "");
  const saved = reduce(asked, { type: "saved", call: "carla-1", request: 4 }, 9);
  assert.equal(saved.shift.work?.disposition, 31);
  const refused = reduce(asked, { type: "problem", text: "No.", request: 4 }, 9);
  assert.equal(chosenHere(refused), null);
});

test("an answer to an older choice does not settle the newer one", () => {
  const choose = (/** @type {number} */ request, /** @type {number} */ value) => ({
    type: "asked",
    verb: "disposition",
    call: "disposition",
    request,
    value,
  });
  const state = after(told([], { work: work() }), choose(4, 1), choose(5, 31), {
    type: "saved",
    call: "carla-1",
    request: 4,
  });
  assert.equal(chosenHere(state), 31);
  assert.equal(state.asked.disposition.request, 5);
});

test("what was asked about the work is settled when the work is told", () => {
  const state = after(
    told([], { work: work() }),
    { type: "asked", verb: "more_time", call: "more_time", request: 4 },
    { type: "work", work: work({ until: "2026-01-05T09:01:00Z" }) },
  );
  assert.deepEqual(state.asked, {});
});

test("the keys count through codes and sub-codes in the order of the list", () => {
  assert.deepEqual(
    flatChoices(work()).map(({ name, group }) => [name, group]),
    [
      ["Sold", ""],
      ["Late", "Complaint"],
      ["Wrong", "Complaint"],
    ],
  );
});

test("a break counts down, and says in words how far it is over", () => {
  const until = (/** @type {number} */ seconds) =>
    breakLimitText(new Date(NOW + seconds * 1000).toISOString(), NOW);
  assert.equal(until(751), "12:31 left");
  assert.equal(until(0), "just over");
  assert.equal(until(-59), "just over");
  assert.equal(until(-60), "1 minute over");
  assert.equal(until(-200), "3 minutes over");
  assert.equal(breakLimitText(null, NOW), "");
  assert.equal(breakLimitText("2026-01-05T09:00:00Z", Number.NaN), "");
});

test("the wrap-up counts down to zero and stays there", () => {
  const until = new Date(NOW + 41_200).toISOString();
  assert.equal(secondsUntil(until, NOW), 42);
  assert.equal(countdown(until, NOW), "0:42");
  assert.equal(spokenCountdown(until, NOW), "42 seconds");
  assert.equal(countdown(until, NOW + 60_000), "0:00");
  assert.equal(countdown(null, NOW), "0:00");
});

test("a date field and an instant are each other's reverse", () => {
  const field = fieldOf(NOW);
  assert.match(field, /^2026-01-0\dT\d\d:\d\d$/);
  assert.equal(Date.parse(instantOf(field)), NOW);
  assert.match(instantOf(field), /[+-]\d\d:\d\d$/);
  for (const nonsense of ["", "tomorrow", "2026-13-45T99:99"]) {
    assert.equal(instantOf(nonsense), "");
  }
});

test("a call back needs a time that is still to come", () => {
  const at = (/** @type {number} */ instant) => ({
    ...noCallback,
    at: fieldOf(instant),
  });
  assert.equal(problemOf(noCallback, NOW), "Choose a day and a time.");
  assert.equal(problemOf(at(NOW - 60_000), NOW), "This time is over already.");
  assert.equal(problemOf(at(NOW + 60_000), NOW), "");
  for (const { at: field } of suggestions(NOW)) {
    assert.equal(problemOf({ ...noCallback, at: field }, NOW), "");
  }
});

test("what was planned says who is offered the call", () => {
  const form = { ...noCallback, at: fieldOf(NOW + 3_600_000) };
  assert.match(plannedText(form, NOW), /^You will be offered the call: today/);
  assert.match(plannedText({ ...form, mine: false }, NOW), /free colleague: today/);
});

test("arrows go round in a menu, other keys stay", () => {
  assert.equal(placeAfter("ArrowDown", -1, 3), 0);
  assert.equal(placeAfter("ArrowDown", 2, 3), 0);
  assert.equal(placeAfter("ArrowUp", 0, 3), 2);
  assert.equal(placeAfter("ArrowUp", -1, 3), 2);
  assert.equal(placeAfter("Home", 2, 3), 0);
  assert.equal(placeAfter("End", 0, 3), 2);
  assert.equal(placeAfter("x", 0, 3), null);
  assert.equal(placeAfter("ArrowDown", 0, 0), null);
});
