import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../static/console/state/reducer.js";
import { initialState } from "../../../../static/console/state/state.js";
import {
  ANA,
  anaLeg,
  asking,
  BRUNO,
  brunoLeg,
  carla,
  consulting,
  held,
  threeWay,
} from "../consults.js";

const ana = { id: 1, name: "Ana" };
const bruno = { id: 2, name: "Bruno" };
const dora = { id: 3, name: "Dora" };

const gone = (
  /** @type {any} */ agent,
  /** @type {string} */ because,
  mode = "talk",
) => ({
  agent,
  mode,
  because,
  at: "2026-01-05T09:02:00Z",
  seconds: 65,
});
const ended = (/** @type {any} */ more) =>
  carla({
    status: "ended",
    legs: [],
    ended_at: "2026-01-05T09:02:10Z",
    talk_seconds: 120,
    left: [gone(ana, "call_ended")],
    ...more,
  });
const byAgent = { ended_by: "agent", end_reason: "agent_ended" };
const byCaller = { ended_by: "customer", end_reason: "customer_ended" };
const both = [gone(ana, "call_ended"), gone(bruno, "call_ended", "consult")];
const rungForConsult = () => ({
  ...asking(),
  offered_to: [2],
  offer_kinds: { 2: "consult" },
  from_agent: ana,
});
const rungByQueue = (more = {}) =>
  carla({
    status: "ringing",
    agent: null,
    legs: [],
    answered_at: null,
    offered_to: [1, 2],
    offer_kinds: { 1: "queue", 2: "queue" },
    ...more,
  });
const takenOver = (more = {}) =>
  carla({
    agent: null,
    legs: [],
    left: [gone(ana, "taken_over")],
    supervisors: [{ name: "Sofia", mode: "take_over" }],
    ...more,
  });
const waiting = (/** @type {any} */ more) =>
  carla({ status: "waiting", agent: null, legs: [], ...more });
const brunos = (/** @type {any} */ more = {}) =>
  carla({ agent: bruno, legs: [{ ...brunoLeg("joined"), mode: "talk" }], ...more });
const handedOver = () => brunos({ left: [gone(ana, "handed_over")] });
const guestOut = (/** @type {string} */ because, status = "held") =>
  carla({ status, legs: [anaLeg], left: [gone(bruno, because, "consult")] });
const ringEnd = (/** @type {string} */ how) => held({ ring_ends: { 2: how } });

/**
 * Who reads, what they had, what came, the notice, and what stays: the last call and the
 * wrap-up. Row by row, in the order in which a call goes.
 * @type {[string, any, any, any, string, string][]}
 */
const TABLE = [
  // Bruno's console rings for Ana's consult.
  ["Bruno joins", BRUNO, rungForConsult(), consulting(), "", ""],
  [
    "Ana cancels the consult",
    BRUNO,
    rungForConsult(),
    ringEnd("cancelled"),
    "Ana cancelled the consult",
    "",
  ],
  ["Bruno declines", BRUNO, rungForConsult(), ringEnd("declined"), "", ""],
  [
    "Bruno does not answer",
    BRUNO,
    rungForConsult(),
    ringEnd("no_answer"),
    "You did not answer in time",
    "",
  ],
  [
    "Bruno's console does not ring",
    BRUNO,
    rungForConsult(),
    ringEnd("console"),
    "This call could not ring here",
    "",
  ],
  [
    "Ana transfers while it rings at Bruno",
    BRUNO,
    rungForConsult(),
    waiting({ left: [gone(ana, "transferred")], ring_ends: { 2: "cancelled" } }),
    "Ana transferred the call",
    "",
  ],
  [
    "Ana is lost while it rings at Bruno",
    BRUNO,
    rungForConsult(),
    waiting({ left: [gone(ana, "console")], ring_ends: { 2: "cancelled" } }),
    "Ana was disconnected",
    "",
  ],
  [
    "Ana hangs up while it rings at Bruno",
    BRUNO,
    rungForConsult(),
    ended({ ...byAgent, ring_ends: { 2: "caller_left" } }),
    "Ana hung up",
    "",
  ],
  [
    "Carla hangs up while it rings at Bruno",
    BRUNO,
    rungForConsult(),
    ended({ ...byCaller, ring_ends: { 2: "caller_left" } }),
    "The caller hung up",
    "",
  ],
  // Ana, whose consult rings at Bruno.
  ["Ana reads that Bruno joins", ANA, asking(), consulting(), "", ""],
  [
    "Ana reads that Bruno declines",
    ANA,
    asking(),
    ringEnd("declined"),
    "Bruno declined. Carla hears music.",
    "",
  ],
  [
    "Ana reads that Bruno does not answer",
    ANA,
    asking(),
    ringEnd("no_answer"),
    "Bruno did not answer. Carla hears music.",
    "",
  ],
  [
    "Ana reads that it could not ring at Bruno",
    ANA,
    asking(),
    ringEnd("console"),
    "The call could not ring at Bruno's console. Carla hears music.",
    "",
  ],
  // The consult, and the three-way call.
  [
    "Bruno leaves the consult: Ana reads",
    ANA,
    consulting(),
    guestOut("left"),
    "Bruno left. Carla hears music.",
    "",
  ],
  [
    "Bruno leaves the consult: he reads",
    BRUNO,
    consulting(),
    guestOut("left"),
    "",
    "You left the call. Ana has the call.",
  ],
  ["Ana removes Bruno: she reads", ANA, consulting(), guestOut("removed"), "", ""],
  [
    "Ana removes Bruno: he reads",
    BRUNO,
    consulting(),
    guestOut("removed"),
    "Ana ended your part in the call.",
    "Your part in the call was ended. Ana has the call.",
  ],
  [
    "Bruno is disconnected: Ana reads",
    ANA,
    threeWay(),
    guestOut("console", "active"),
    "Bruno was disconnected. On call with Carla.",
    "",
  ],
  [
    "Bruno is disconnected: he reads",
    BRUNO,
    threeWay(),
    guestOut("console", "active"),
    "Your console was disconnected for too long.",
    "Your console was disconnected for too long. Ana has the call.",
  ],
  [
    "Bruno's audio never comes: Ana reads",
    ANA,
    consulting(),
    guestOut("no_audio"),
    "Bruno's audio did not connect. Carla hears music.",
    "",
  ],
  [
    "Bruno's audio never comes: he reads",
    BRUNO,
    consulting(),
    guestOut("no_audio"),
    "Your audio did not connect in time.",
    "Your audio did not connect in time. Ana has the call.",
  ],
  ["it becomes a three-way call: Ana reads", ANA, consulting(), threeWay(), "", ""],
  ["it becomes a three-way call: Bruno reads", BRUNO, consulting(), threeWay(), "", ""],
  [
    "Ana hands over: she reads",
    ANA,
    consulting(),
    handedOver(),
    "",
    "You handed the call over. Bruno has the call.",
  ],
  [
    "Ana hands over: Bruno reads",
    BRUNO,
    consulting(),
    handedOver(),
    "Ana handed the call to you. On call with Carla.",
    "",
  ],
  [
    "Ana is lost for good: Bruno reads",
    BRUNO,
    threeWay(),
    brunos({ left: [gone(ana, "console")] }),
    "Ana was disconnected. The call is yours now. On call with Carla.",
    "",
  ],
  [
    "Ana is lost for good: she reads when she is back",
    ANA,
    threeWay(),
    brunos({ left: [gone(ana, "console")] }),
    "Your console was disconnected for too long.",
    "Your console was disconnected for too long. Bruno has the call.",
  ],
  [
    "Ana hangs up on all three: she reads",
    ANA,
    threeWay(),
    ended({ ...byAgent, left: both }),
    "",
    "You hung up. That ended the call for Bruno, too.",
  ],
  [
    "Ana hangs up on all three: Bruno reads",
    BRUNO,
    threeWay(),
    ended({ ...byAgent, left: both }),
    "Ana hung up. That ended the call for everyone.",
    "Ana hung up. That ended the call for everyone.",
  ],
  [
    "Carla hangs up on both: Ana reads",
    ANA,
    threeWay(),
    ended({ ...byCaller, left: both }),
    "",
    "The caller hung up",
  ],
  [
    "Carla hangs up on both: Bruno reads",
    BRUNO,
    threeWay(),
    ended({ ...byCaller, left: both }),
    "",
    "The caller hung up",
  ],
  // Ana alone with Carla.
  ["Ana hangs up", ANA, carla(), ended(byAgent), "", "You hung up"],
  ["Carla hangs up", ANA, carla(), ended(byCaller), "", "The caller hung up"],
  [
    "the person whom Ana has called hangs up",
    ANA,
    carla({ direction: "outbound" }),
    ended({ ...byCaller, direction: "outbound" }),
    "",
    "They hung up",
  ],
  [
    "a supervisor ends the call",
    ANA,
    carla(),
    ended({ ended_by: "supervisor", end_text: "A supervisor ended the call." }),
    "",
    "A supervisor ended the call.",
  ],
  [
    "the connection to Carla is lost",
    ANA,
    carla(),
    ended({ ended_by: "system", end_text: "The connection to the customer was lost." }),
    "",
    "The connection to the customer was lost.",
  ],
  [
    "Ana transfers to another queue",
    ANA,
    carla(),
    waiting({ left: [gone(ana, "transferred")] }),
    "",
    "You transferred the call. Carla waits for another agent.",
  ],
  [
    "Ana transfers the call, away from Bruno too: he reads",
    BRUNO,
    threeWay(),
    waiting({
      left: [gone(ana, "transferred"), gone(bruno, "transferred", "consult")],
    }),
    "",
    "The call was transferred. Carla waits for another agent.",
  ],
  [
    "a supervisor takes over",
    ANA,
    carla(),
    takenOver(),
    "Sofia took over the call.",
    "Sofia took over the call.",
  ],
  [
    "a supervisor takes over while it rings at Bruno",
    BRUNO,
    rungForConsult(),
    takenOver({ ring_ends: { 2: "cancelled" } }),
    "Sofia took over the call",
    "",
  ],
  [
    "Ana's console stays away",
    ANA,
    carla(),
    waiting({ left: [gone(ana, "console")] }),
    "Your console was disconnected for too long.",
    "Your console was disconnected for too long. Carla waits for another agent.",
  ],
  [
    "Ana's audio does not come in time",
    ANA,
    carla({ status: "connecting", answered_at: null }),
    waiting({ left: [gone(ana, "no_audio")] }),
    "Your audio did not connect in time.",
    "Your audio did not connect in time. Carla waits for another agent.",
  ],
  [
    "the call that Ana dials is not answered",
    ANA,
    carla({ direction: "outbound", status: "dialing", answered_at: null }),
    ended({
      direction: "outbound",
      answered_at: null,
      ended_by: "customer",
      end_text: "The call was not answered.",
    }),
    "",
    "The call was not answered.",
  ],
  [
    "Ana gives up dialing",
    ANA,
    carla({ direction: "outbound", status: "dialing", answered_at: null }),
    ended({
      direction: "outbound",
      answered_at: null,
      ...byAgent,
      end_text: "Cancelled before the person answered.",
    }),
    "",
    "Cancelled before the person answered.",
  ],
  // A call rings by its queue, at Ana and at Bruno.
  [
    "Bruno answers first",
    ANA,
    rungByQueue(),
    brunos({ status: "connecting", ring_ends: { 1: "taken" } }),
    "Bruno answered this call",
    "",
  ],
  [
    "Ana answers in her other window",
    ANA,
    rungByQueue(),
    carla({ status: "connecting", answered_at: null }),
    "",
    "",
  ],
  [
    "Ana declines in her other window",
    ANA,
    rungByQueue(),
    rungByQueue({ offered_to: [2], ring_ends: { 1: "declined" } }),
    "",
    "",
  ],
  [
    "Ana's decline in her other window ends the call",
    ANA,
    rungByQueue(),
    ended({
      agent: null,
      answered_at: null,
      left: [],
      ended_by: "agent",
      end_reason: "declined",
      end_text: "The call was declined.",
      ring_ends: { 1: "declined" },
    }),
    "",
    "",
  ],
  [
    "it has rung here long enough",
    ANA,
    rungByQueue(),
    rungByQueue({ offered_to: [2], ring_ends: { 1: "no_answer" } }),
    "You did not answer in time",
    "",
  ],
  [
    "Ana's console has not confirmed the ring",
    ANA,
    rungByQueue(),
    rungByQueue({ offered_to: [2], ring_ends: { 1: "console" } }),
    "This call could not ring here",
    "",
  ],
  [
    "the queue has other plans",
    ANA,
    rungByQueue(),
    rungByQueue({ offered_to: [2], ring_ends: { 1: "cancelled" } }),
    "This call no longer rings here",
    "",
  ],
  [
    "nobody answers in time",
    ANA,
    rungByQueue(),
    ended({
      agent: null,
      answered_at: null,
      left: [],
      ended_by: "system",
      end_text: "No agent answered in time.",
      ring_ends: { 1: "no_answer" },
    }),
    "No agent answered in time.",
    "",
  ],
  [
    "Carla gives up waiting",
    ANA,
    rungByQueue(),
    ended({ agent: null, answered_at: null, left: [], ...byCaller }),
    "The caller hung up",
    "",
  ],
];

const CONNECTED = { type: "audio", audio: "connected" };

/** @param {any} agent @param {any[]} calls */
function pageOf(agent, ...calls) {
  const told = { type: "console", agent, calls: [calls[0]] };
  return calls
    .slice(1)
    .reduce(
      (state, call, index) =>
        reduce(state, { type: "call", call: { ...call, version: index + 2 } }, index),
      /** @type {any} */ (reduce(reduce(initialState, told, 0), CONNECTED, 0)),
    );
}

for (const [situation, agent, previous, call, notice, after] of TABLE) {
  test(`${situation}: ${notice || "no notice"}; ${after || "nothing stays"}`, () => {
    const state = pageOf(agent, previous, call);
    const texts = state.notices.map((/** @type {any} */ { text }) => text);
    assert.deepEqual(texts, notice ? [notice] : []);
    assert.equal(state.lastCall?.text ?? "", after);
  });
}

test("an agent who answers another call reads nothing of the one that stops ringing", () => {
  const other = carla({ id: "dora-1", agent: bruno, legs: [brunoLeg("joined")] });
  const rung = rungForConsult();
  const told = { type: "console", agent: BRUNO, calls: [rung] };
  const busy = reduce(reduce(initialState, told, 0), { type: "call", call: other }, 1);
  const stopped = { ...ringEnd("cancelled"), version: 2 };
  assert.deepEqual(reduce(busy, { type: "call", call: stopped }, 2).notices, []);
});

test("what is said of the last call stays true while it goes on elsewhere", () => {
  const later = brunos({ left: [gone(ana, "handed_over")], agent: dora });
  const text = (/** @type {any[]} */ ...calls) =>
    pageOf(ANA, consulting(), handedOver(), ...calls).lastCall.text;
  assert.equal(text(), "You handed the call over. Bruno has the call.");
  assert.equal(text(later), "You handed the call over. Dora has the call.");
  const over = ended({ left: [gone(ana, "handed_over"), gone(bruno, "call_ended")] });
  assert.equal(
    text(later, over),
    "You handed the call over. The call has ended since.",
  );
});

test("of a call that a supervisor took over it is said when it has ended", () => {
  const over = ended({ left: [gone(ana, "taken_over")], ended_by: "supervisor" });
  assert.equal(
    pageOf(ANA, carla(), takenOver(), over).lastCall.text,
    "A supervisor took over the call. The call has ended since.",
  );
});

test("the time beside it is the talk time of the call, or this agent's own", () => {
  const time = (/** @type {any[]} */ ...calls) => {
    const { isWhole, seconds } = pageOf(ANA, ...calls).lastCall;
    return { isWhole, seconds };
  };
  assert.deepEqual(time(carla(), ended(byAgent)), { isWhole: true, seconds: 120 });
  assert.deepEqual(time(consulting(), handedOver()), { isWhole: false, seconds: 65 });
});

test("the wrap-up of a call that goes on does not say that it has ended", () => {
  const work = { call: "carla-1", call_snapshot: { ...handedOver(), version: 2 } };
  const told = { type: "console", agent: ANA, calls: [consulting()], work };
  const loaded = reduce(initialState, told, 0);
  const state = reduce(
    loaded,
    { type: "call", call: ended({ version: 3, left: [gone(ana, "handed_over")] }) },
    1,
  );
  assert.equal(state.shift.work?.call_snapshot.status, "ended");
});

test("what became of a call while the page was away is told by the wrap-up, if it is there", () => {
  const before = pageOf(ANA, threeWay());
  const away = reduce(before, { type: "connection", connection: "lost" }, 1);
  const snapshot = { ...handedOver(), version: 2 };
  const work = { call: "carla-1", call_snapshot: snapshot, over: true };
  const back = { type: "console", agent: ANA, calls: [], work };
  assert.equal(
    reduce(away, /** @type {any} */ (back), 2).lastCall?.text,
    "You handed the call over. Bruno has the call.",
  );
  const without = reduce(away, { type: "console", agent: ANA, calls: [] }, 2);
  assert.match(without.lastCall?.text ?? "", /ended or went on without you while/);
});
