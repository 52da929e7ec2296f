import assert from "node:assert/strict";
import { test } from "node:test";
import { proposedCalls } from "../../../../static/console/state/dialing.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { audioCall, callStatus } from "../../../../static/console/state/selectors.js";
import { initialState } from "../../../../static/console/state/state.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };
const LINES = [
  { id: 10, name: "Shop", number: "+49 30 123456" },
  { id: 11, name: "Workshop", number: "+49 40 123456" },
];
const NO = {
  allowed: false,
  sentence: "This person has not allowed calls yet.",
  advice: "",
  until: null,
  earliest: null,
};
const YES = { ...NO, allowed: true, sentence: "You may call." };

/** @returns {any} */
function carla(changes = {}) {
  return {
    contact: 7,
    name: "Carla Gomes",
    number: "+49 1511 2345678",
    line: 10,
    call: NO,
    ask: YES,
    belief: { sentence: "Not checked.", at: null, confirmed: false, checked_at: null },
    checking: false,
    plan: null,
    ...changes,
  };
}

const READINGS = [{ number: "+65 9876 5432", country: "SG", name: "" }];

/** @returns {any} */
function plan(changes = {}) {
  return {
    id: "plan-1",
    version: 1,
    state: "waiting",
    contact: 7,
    name: "Carla Gomes",
    number: "+49 1511 2345678",
    line: 10,
    kind: "request",
    created_at: "2026-01-05T09:00:00Z",
    due_at: null,
    expires_at: null,
    sentence: "",
    ...changes,
  };
}

/** @returns {any} */
function dialing(changes = {}) {
  return {
    id: "call-1",
    version: 1,
    direction: "outbound",
    status: "dialing",
    progress: "",
    contact: { name: "Carla Gomes", number: "+49 1511 2345678" },
    queue: "",
    offered_to: [],
    agent: ANA,
    audio_url: "/ws/a",
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

/**
 * The state of Ana's console after these, one per millisecond.
 * @param {...any} actions
 * @returns {any}
 */
function after(...actions) {
  const all = [connected(), ...actions];
  return all.reduce((state, action, at) => reduce(state, action, at), initialState);
}

const connected = (more = {}) => ({
  type: "console",
  agent: ANA,
  calls: [],
  plans: [],
  lines: LINES,
  ...more,
});
const typed = { type: "numberTyped", number: "+49 1511 2345678" };
const lookedUp = (request = 1) => ({ type: "lookedUp", request });
/** @param {any} person */
const told = (person, request = /** @type {any} */ (1)) => ({
  type: "person",
  person,
  request,
});
const asked = (/** @type {string} */ verb, request = 2, more = {}) => ({
  type: "dialRequested",
  verb,
  request,
  contact: 7,
  line: 10,
  plan: null,
  ...more,
});
const plans = (/** @type {any[]} */ ...list) => ({ type: "plans", plans: list });
const problem = (request = 2) => ({ type: "problem", text: "No.", request });

test("the first business number is chosen until the agent chooses another", () => {
  assert.equal(after().dialing.line, 10);
  const chosen = after({ type: "lineChosen", line: 11 }, connected());
  assert.equal(chosen.dialing.line, 11);
  const gone = after(
    { type: "lineChosen", line: 11 },
    connected({ lines: [LINES[0]] }),
  );
  assert.equal(gone.dialing.line, 10);
});

test("the contact that was looked up is shown", () => {
  const looking = after(typed, lookedUp());
  assert.notEqual(looking.dialing.lookingSince, null);
  const { dialing } = after(typed, lookedUp(), told(carla()));
  assert.equal(dialing.person.name, "Carla Gomes");
  assert.equal(dialing.lookingSince, null);
});

test("a reply to an older look-up is not shown", () => {
  const other = told(carla({ contact: 8 }));
  assert.equal(after(typed, lookedUp(1), lookedUp(2), other).dialing.person, null);
  assert.equal(after(typed, lookedUp(), typed, other).dialing.person, null);
});

test("what WhatsApp says later of the same person is shown, and of others is not", () => {
  const before = [typed, lookedUp(), told(carla({ checking: true }))];
  const later = after(...before, told(carla({ call: YES }), null));
  assert.equal(later.dialing.person.call.allowed, true);
  const others = told(carla({ contact: 8, call: YES }), null);
  assert.equal(after(...before, others).dialing.person.contact, 7);
  const elsewhere = told(carla({ line: 11, call: YES }), null);
  assert.equal(after(...before, elsewhere).dialing.person.line, 10);
});

test("the agent is asked which number is meant, until the field changes", () => {
  const question = { type: "readings", readings: READINGS, request: 1 };
  const { dialing } = after(typed, lookedUp(), question);
  assert.deepEqual(dialing.readings, READINGS);
  assert.equal(dialing.lookingSince, null);
  assert.deepEqual(after(typed, lookedUp(2), question).dialing.readings, []);
  assert.deepEqual(after(typed, lookedUp(), question, typed).dialing.readings, []);
  assert.deepEqual(
    after(typed, lookedUp(), question, lookedUp(2)).dialing.readings,
    [],
  );
  const found = after(typed, lookedUp(), question, lookedUp(2), told(carla(), 2));
  assert.deepEqual(found.dialing.readings, []);
  assert.equal(found.dialing.person.contact, 7);
});

test("a question about a number takes the place of the contact before", () => {
  const question = { type: "readings", readings: READINGS, request: 2 };
  const { dialing } = after(typed, lookedUp(), told(carla()), lookedUp(2), question);
  assert.equal(dialing.person, null);
  assert.deepEqual(dialing.readings, READINGS);
});

test("typing on clears the contact and the problem", () => {
  const shown = after(typed, lookedUp(), told(carla()), typed);
  assert.equal(shown.dialing.person, null);
  const wrong = after(typed, lookedUp(), problem(1), typed);
  assert.equal(wrong.dialing.problem, "");
});

test("an invalid number is reported beside the field, and nowhere else", () => {
  const state = after(typed, lookedUp(), problem(1));
  assert.equal(state.dialing.problem, "No.");
  assert.deepEqual(state.notices, []);
  assert.equal(state.dialing.lookingSince, null);
});

test("a refused call is shown beside the contact, a refused scheduled call as a notice", () => {
  const call = after(typed, lookedUp(), told(carla()), asked("call"), problem());
  assert.equal(call.dialing.problem, "No.");
  assert.deepEqual(call.dialing.asked, []);
  assert.equal(call.dialing.person.contact, 7);
  const dropped = asked("drop_plan", 2, { plan: "plan-1" });
  const plan_ = after(plans(plan()), dropped, problem());
  assert.equal(plan_.dialing.problem, "");
  assert.equal(plan_.notices[0].text, "No.");
});

test("a request that became a scheduled call frees the field, and says what was done", () => {
  const before = [typed, lookedUp(), told(carla()), asked("ask")];
  assert.equal(after(...before).dialing.number, typed.number);
  const { dialing } = after(...before, plans(plan({ state: "asking" })));
  assert.equal(dialing.number, "");
  assert.equal(dialing.person, null);
  assert.deepEqual(dialing.asked, []);
  assert.equal(dialing.done, "plan-1");
});

test("a request that became a scheduled call leaves the next number in the field alone", () => {
  const next = { type: "numberTyped", number: "+44 7700 900123" };
  const { dialing } = after(
    typed,
    lookedUp(),
    told(carla()),
    asked("ask"),
    next,
    plans(plan()),
  );
  assert.equal(dialing.number, "+44 7700 900123");
  assert.deepEqual(dialing.asked, []);
});

test("scheduled calls stand oldest first, and an older version of one is dropped", () => {
  const young = plan({ id: "young", contact: 8, created_at: "2026-01-05T09:05:00Z" });
  const { dialing } = after(
    plans(young, plan({ version: 3, state: "offered" })),
    plans(young, plan({ version: 2 })),
  );
  assert.deepEqual(
    dialing.plans.map((/** @type {any} */ { id, state }) => [id, state]),
    [
      ["plan-1", "offered"],
      ["young", "waiting"],
    ],
  );
});

test("a postponed proposal stays in the list and is not proposed again", () => {
  const offered = plan({ state: "offered" });
  const { dialing } = after(plans(offered), { type: "later", plan: "plan-1" });
  assert.equal(dialing.plans.length, 1);
  assert.deepEqual(proposedCalls(dialing), []);
  const again = after(
    plans(offered),
    { type: "later", plan: "plan-1" },
    plans(),
    plans(offered),
  );
  assert.equal(proposedCalls(again.dialing).length, 1);
});

test("a scheduled call that ended by itself is remembered, one cancelled or called is not", () => {
  const gone = (/** @type {any[]} */ ...actions) =>
    after(plans(plan()), ...actions).dialing.gone.map(
      (/** @type {any} */ { id }) => id,
    );
  assert.deepEqual(gone(plans()), ["plan-1"]);
  assert.deepEqual(gone(plans(), { type: "goneSeen" }), []);
  assert.deepEqual(gone(asked("drop_plan", 2, { plan: "plan-1" }), plans()), []);
  const called = { type: "call", call: dialing() };
  const offered = plans(plan({ version: 2, state: "offered" }));
  const calling = asked("call_plan", 2, { plan: "plan-1" });
  assert.deepEqual(gone(offered, calling, plans(), called), []);
  assert.deepEqual(gone(offered, calling, called, plans()), []);
  assert.deepEqual(gone(asked("call"), called, plans()), []);
});

test("the audio of a call placed here belongs here, and the field is free", () => {
  const state = after(typed, lookedUp(), told(carla({ call: YES })), asked("call"), {
    type: "call",
    call: dialing(),
  });
  assert.equal(callStatus(state), "Dialing");
  assert.equal(audioCall(state)?.id, "call-1");
  assert.equal(state.dialing.number, "");
  assert.deepEqual(state.dialing.asked, []);
});

test("a call that another window of the agent placed has its audio there", () => {
  const state = after({ type: "call", call: dialing() });
  assert.equal(callStatus(state), "Dialing");
  assert.equal(audioCall(state), null);
});

test("a snapshot does not forget what was just requested", () => {
  const looked = after(typed, lookedUp(), connected());
  assert.notEqual(looked.dialing.lookingSince, null);
  const called = { type: "call", call: dialing() };
  const state = after(typed, asked("call"), connected(), called);
  assert.equal(audioCall(state)?.id, "call-1");
  const lost = { type: "connection", connection: "lost" };
  assert.deepEqual(after(asked("call"), lost, connected()).dialing.asked, []);
});

test("a call placed just before the connection broke is found again here", () => {
  const state = after(asked("call"), connected({ calls: [dialing()] }));
  assert.equal(audioCall(state)?.id, "call-1");
});

test("an unanswered call is explained by the server's sentence", () => {
  const end_text = "The call was not answered.";
  const ended = dialing({
    version: 2,
    status: "ended",
    ended_by: "customer",
    ended_at: "2026-01-05T09:00:30Z",
    end_text,
  });
  const state = after({ type: "call", call: dialing() }, { type: "call", call: ended });
  assert.deepEqual(state.lastCall, {
    id: "call-1",
    name: "Carla Gomes",
    text: end_text,
    isWhole: true,
    seconds: null,
  });
  const rejected = "The person rejected the call.";
  const corrected = { ...ended, version: 3, end_text: rejected };
  const later = reduce(state, { type: "call", call: corrected }, 9);
  assert.equal(later.lastCall?.text, rejected);
});

test("a call that WhatsApp did not place says from when it is possible", () => {
  const ended = dialing({
    version: 2,
    status: "ended",
    ended_by: "system",
    ended_at: "2026-01-05T09:00:30Z",
    end_text: "The business number placed too many calls.",
    retry_at: "2026-01-05T09:02:30Z",
  });
  const state = after({ type: "call", call: dialing() }, { type: "call", call: ended });
  const said = state.lastCall?.text ?? "";
  assert.match(
    said,
    /^The business number placed too many calls\. Possible from today /,
  );
});

test("a request without a reply times out after ten seconds, with a sentence", () => {
  for (const actions of [
    [typed, lookedUp()],
    [typed, lookedUp(), told(carla()), asked("ask")],
  ]) {
    const waiting = after(...actions);
    assert.equal(reduce(waiting, { type: "tick" }, 9_000), waiting);
    const { dialing } = reduce(waiting, { type: "tick" }, 11_000);
    assert.match(dialing.problem, /did not reply/);
    assert.equal(dialing.lookingSince, null);
    assert.deepEqual(dialing.asked, []);
  }
});

test("without a reply from WhatsApp, what is known is shown", () => {
  const state = after(typed, lookedUp(), told(carla({ checking: true })));
  const later = reduce(state, { type: "tick" }, 20_000);
  assert.equal(later.dialing.person?.checking, false);
  assert.equal(later.dialing.problem, "");
});
