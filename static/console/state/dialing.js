/**
 * Calling somebody: the number that is typed, the person it belongs to, and the calls
 * that wait for a permission. The reducers are pure; the reducer of the whole state takes them in.
 *
 * @typedef {number | string} Id
 * @typedef {{id: Id, name: string, number: string}} Line
 * @typedef {{allowed: boolean, sentence: string, advice: string, until: string | null,
 *   earliest: string | null}} Verdict
 * @typedef {{contact: Id, name: string, number: string, line: Id, call: Verdict,
 *   ask: Verdict, checking: boolean, plan: Id | null}} Person
 * @typedef {{id: Id, version: number, state: string, contact: Id, name: string,
 *   number: string, line: Id, kind: string, created_at: string, due_at: string | null,
 *   expires_at: string | null, sentence: string}} Plan
 * @typedef {"call" | "ask" | "call_plan" | "drop_plan"} OutVerb
 * @typedef {{verb: OutVerb, request: number, at: number, contact: Id, line: Id,
 *   plan: Id | null}} OutAsked
 *
 * @typedef {object} CallingOut
 * @property {Line[]} lines
 * @property {Id | null} line the chosen one
 * @property {string} number as typed
 * @property {number} lookUp request of the newest look-up; 0 when the field has changed
 * @property {number | null} lookingSince while its reply is missing, monotonic ms
 * @property {Person | null} person
 * @property {number} personAt when that was told, monotonic ms
 * @property {string} problem a sentence about the number or the person
 * @property {Id | null} done the plan that was made from what the field read last
 * @property {OutAsked[]} asked what was asked and not yet done
 * @property {Plan[]} plans oldest first
 * @property {Id[]} later offered plans that the agent put aside
 * @property {Plan[]} gone plans that ended without a doing of this page
 */

import { marked, t } from "../shell/i18n.js";
import { isHeld } from "./calls.js";

/** @import {Agent, Call} from "./calls.js" */
/** @import {State} from "./store.js" */

const REPLY_WITHIN_MS = 10_000;
/** WhatsApp's word may never come; what is known has to do then. */
const CHECK_WITHIN_MS = 15_000;
const NO_REPLY = marked("The server did not reply. Please try again.");

/** @type {CallingOut} */
export const nobodyToCall = Object.freeze({
  lines: [],
  line: null,
  number: "",
  lookUp: 0,
  lookingSince: null,
  person: null,
  personAt: 0,
  problem: "",
  done: null,
  asked: [],
  plans: [],
  later: [],
  gone: [],
});

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const OUT_REDUCERS = {
  person: (state, message, now) => withOut(state, told(state.out, message, now)),
  plans: (state, { plans }) => withOut(state, planned(state.out, plans)),
  numberTyped: (state, { number }) => withOut(state, { ...cleared(state.out), number }),
  lineChosen: (state, { line }) =>
    withOut(state, { ...cleared(state.out), number: state.out.number, line }),
  lookedUp: (state, { request }, now) =>
    withOut(state, {
      ...state.out,
      lookUp: request,
      lookingSince: now,
      problem: "",
      done: null,
    }),
  outAsked: (state, { verb, request, contact, line, plan }, now) =>
    withOut(state, {
      ...state.out,
      problem: "",
      asked: [...state.out.asked, { verb, request, contact, line, plan, at: now }],
    }),
  outProblem: (state, { text }) => withOut(state, { ...state.out, problem: text }),
  goneSeen: (state) => withOut(state, { ...state.out, gone: [] }),
  later: (state, { plan }) =>
    withOut(state, { ...state.out, later: [...state.out.later, plan] }),
};

/**
 * @param {State} state
 * @param {CallingOut} out
 * @returns {State}
 */
function withOut(state, out) {
  return out === state.out ? state : { ...state, out };
}

/**
 * An empty field.
 * @param {CallingOut} out
 * @returns {CallingOut}
 */
function cleared(out) {
  return {
    ...out,
    number: "",
    lookUp: 0,
    lookingSince: null,
    person: null,
    problem: "",
    done: null,
  };
}

/**
 * A reply to an older look-up is not about what the field reads now.
 * @param {CallingOut} out
 * @param {{person: Person, request?: number}} message
 * @param {number} now
 */
function told(out, { person, request }, now) {
  if (request !== out.lookUp && !isSamePerson(out.person, person)) {
    return out;
  }
  return { ...out, person, personAt: now, lookingSince: null, problem: "" };
}

/**
 * @param {{contact: Id, line: Id} | null} one
 * @param {{contact: Id, line: Id}} other
 */
export function isSamePerson(one, other) {
  return one !== null && isId(one.contact, other.contact) && isId(one.line, other.line);
}

/**
 * Ids are compared as text, for a server that sends numbers or strings.
 * @param {Id | null} one
 * @param {Id | null} other
 */
export function isId(one, other) {
  return one !== null && other !== null && String(one) === String(other);
}

/**
 * The plans as they are now. A request that has become a plan is done with.
 * @param {CallingOut} out
 * @param {Plan[]} plans
 * @returns {CallingOut}
 */
function planned(out, plans) {
  const known = plans.map((plan) => {
    const before = out.plans.find(({ id }) => isId(id, plan.id));
    return before && before.version >= plan.version ? before : plan;
  });
  const isThere = (/** @type {Id | null} */ id) =>
    known.some((plan) => isId(plan.id, id));
  const next = {
    ...out,
    plans: known.sort(
      (one, other) => Date.parse(one.created_at) - Date.parse(other.created_at),
    ),
    later: out.later.filter(isThere),
    gone: [
      ...out.gone,
      ...out.plans.filter(({ id }) => !isThere(id) && !isAskedOf(out, id)),
    ],
    asked: out.asked.filter(({ verb, plan }) => verb !== "drop_plan" || isThere(plan)),
  };
  return requested(next);
}

/**
 * After a permission request has become a plan: the field is free for the next one.
 * @param {CallingOut} out
 * @returns {CallingOut}
 */
function requested(out) {
  const planOf = (/** @type {OutAsked} */ asked) =>
    out.plans.find((plan) => isSamePerson(plan, asked));
  const request = out.asked.find((one) => one.verb === "ask" && planOf(one));
  if (request === undefined) {
    return out;
  }
  const asked = out.asked.filter((one) => one !== request);
  if (!isSamePerson(out.person, request)) {
    return { ...out, asked };
  }
  return { ...cleared(out), asked, done: planOf(request)?.id ?? null };
}

/**
 * Everything again. After a lost connection nobody will reply to what was asked before.
 * @param {CallingOut} out
 * @param {{lines?: Line[], plans?: Plan[]}} message
 * @param {boolean} isBack
 * @returns {CallingOut}
 */
export function outRefreshed(out, { lines = [], plans = [] }, isBack) {
  const next = planned({ ...out, lines }, plans);
  const isThere = lines.some(({ id }) => isId(id, out.line));
  const line = isThere ? out.line : (lines[0]?.id ?? null);
  return isBack ? { ...next, line, asked: [], lookingSince: null } : { ...next, line };
}

/**
 * @param {CallingOut} out
 * @param {number | undefined} request
 */
export function isOutRequest(out, request) {
  return (
    request !== undefined &&
    ((out.lookingSince !== null && out.lookUp === request) ||
      out.asked.some((asked) => asked.request === request))
  );
}

/**
 * What the server says no to, told beside the field unless it is about a plan.
 * @param {CallingOut} out
 * @param {{text: string, request?: number}} problem
 * @returns {{out: CallingOut, isBesideField: boolean}}
 */
export function outRefused(out, { text, request }) {
  const failed = out.asked.find((asked) => asked.request === request);
  const asked = out.asked.filter((one) => one !== failed);
  if (failed !== undefined && failed.plan !== null) {
    return { out: { ...out, asked }, isBesideField: false };
  }
  const lookingSince = failed === undefined ? null : out.lookingSince;
  return {
    out: { ...out, asked, lookingSince, problem: text },
    isBesideField: true,
  };
}

/**
 * Without what nobody replied to.
 * @param {CallingOut} out
 * @param {number} now
 * @returns {CallingOut}
 */
export function outExpired(out, now) {
  const late = out.asked.some(({ at }) => now - at > REPLY_WITHIN_MS);
  const lost = out.lookingSince !== null && now - out.lookingSince > REPLY_WITHIN_MS;
  const unchecked = out.person?.checking && now - out.personAt > CHECK_WITHIN_MS;
  if (!late && !lost && !unchecked) {
    return out;
  }
  return {
    ...out,
    asked: out.asked.filter(({ at }) => now - at <= REPLY_WITHIN_MS),
    lookingSince: lost ? null : out.lookingSince,
    person: out.person && { ...out.person, checking: false },
    problem: late || lost ? t(NO_REPLY) : out.problem,
  };
}

/**
 * Whether this page has asked for the call that the server now tells of.
 * @param {CallingOut} out
 * @param {Call | null} previous
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isCalledHere(out, previous, call, agent) {
  return (
    previous === null &&
    call.direction === "outbound" &&
    isHeld(call, agent) &&
    out.asked.some(isCalling)
  );
}

/**
 * Once the call is there, the field is free again, and what was planned is done.
 * @param {CallingOut} out
 * @returns {CallingOut}
 */
export function outCalled(out) {
  const asked = out.asked.filter((one) => !isCalling(one));
  const isDone = (/** @type {Plan} */ plan) =>
    out.asked.some((one) => isCalling(one) && isSamePerson(plan, one));
  return { ...cleared(out), asked, plans: out.plans.filter((plan) => !isDone(plan)) };
}

/** @param {OutAsked} asked */
export function isCalling({ verb }) {
  return verb === "call" || verb === "call_plan";
}

/**
 * The plans whose person may be called now and whom the agent did not put aside.
 * @param {CallingOut} out
 */
export function offeredPlans({ plans, later }) {
  const isLater = (/** @type {Plan} */ { id }) => later.some((one) => isId(one, id));
  return plans.filter((plan) => plan.state === "offered" && !isLater(plan));
}

/**
 * @param {CallingOut} out
 * @param {Id} plan
 */
export function isAskedOf({ asked }, plan) {
  return asked.some((one) => isId(one.plan, plan));
}
