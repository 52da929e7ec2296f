/**
 * Calling a person: the number that is typed, whom it belongs to, and the calls that
 * wait for a permission. Pure.
 */

import { marked, t } from "../shell/i18n.js";
import { isId, isInCall } from "./snapshot.js";

/** @import {Agent, Call, Id, Line, Person, Reading, ScheduledCall} from "./snapshot.js" */
/** @import {DialRequest, Dialing, State} from "./state.js" */

const REPLY_WITHIN_MS = 10_000;
/** WhatsApp's word may never come; what is known has to do then. */
const CHECK_WITHIN_MS = 15_000;
const NO_REPLY = marked("The server did not reply. Please try again.");

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const DIALING_REDUCERS = {
  person: (state, message, now) =>
    withDialing(state, told(state.dialing, message, now)),
  readings: (state, message) => withDialing(state, several(state.dialing, message)),
  plans: (state, { plans }) => withDialing(state, planned(state.dialing, plans)),
  numberTyped: (state, { number }) =>
    withDialing(state, { ...cleared(state.dialing), number }),
  lineChosen: (state, { line }) =>
    withDialing(state, {
      ...cleared(state.dialing),
      number: state.dialing.number,
      line,
    }),
  lookedUp: (state, { request }, now) =>
    withDialing(state, {
      ...state.dialing,
      lookUp: request,
      lookingSince: now,
      readings: [],
      problem: "",
      done: null,
    }),
  dialRequested: (state, { verb, request, contact, line, plan, isAside }, now) =>
    withDialing(state, {
      ...state.dialing,
      problem: "",
      asked: [
        ...state.dialing.asked,
        { verb, request, contact, line, plan, isAside, at: now },
      ],
    }),
  dialProblem: (state, { text }) =>
    withDialing(state, { ...state.dialing, problem: text }),
  goneSeen: (state) => withDialing(state, { ...state.dialing, gone: [] }),
  later: (state, { plan }) =>
    withDialing(state, { ...state.dialing, later: [...state.dialing.later, plan] }),
};

/**
 * @param {State} state
 * @param {Dialing} dialing
 * @returns {State}
 */
function withDialing(state, dialing) {
  return dialing === state.dialing ? state : { ...state, dialing };
}

/**
 * Empty the field.
 * @param {Dialing} dialing
 * @returns {Dialing}
 */
function cleared(dialing) {
  return {
    ...dialing,
    number: "",
    lookUp: 0,
    lookingSince: null,
    person: null,
    readings: [],
    problem: "",
    done: null,
  };
}

/**
 * Take a reply, unless it answers an older look-up than what the field reads now.
 * @param {Dialing} dialing
 * @param {{person: Person, request?: number}} message
 * @param {number} now
 */
function told(dialing, { person, request }, now) {
  if (request !== dialing.lookUp && !isSamePerson(dialing.person, person)) {
    return dialing;
  }
  return {
    ...dialing,
    person,
    readings: [],
    personAt: now,
    lookingSince: null,
    problem: "",
  };
}

/**
 * Take the question which number is meant, unless the field reads something else now.
 * @param {Dialing} dialing
 * @param {{readings: Reading[], request?: number}} message
 */
function several(dialing, { readings, request }) {
  return request === dialing.lookUp
    ? { ...dialing, readings, person: null, lookingSince: null, problem: "" }
    : dialing;
}

/**
 * @param {{contact: Id, line: Id} | null} one
 * @param {{contact: Id, line: Id}} other
 */
export function isSamePerson(one, other) {
  return one !== null && isId(one.contact, other.contact) && isId(one.line, other.line);
}

/**
 * Take the plans as they are now. A request that has become a plan is done with.
 * @param {Dialing} dialing
 * @param {ScheduledCall[]} plans
 * @returns {Dialing}
 */
function planned(dialing, plans) {
  const known = plans.map((plan) => {
    const before = dialing.plans.find(({ id }) => isId(id, plan.id));
    return before && before.version >= plan.version ? before : plan;
  });
  const isThere = (/** @type {Id | null} */ id) =>
    known.some((plan) => isId(plan.id, id));
  const next = {
    ...dialing,
    plans: known.sort(
      (one, other) => Date.parse(one.created_at) - Date.parse(other.created_at),
    ),
    later: dialing.later.filter(isThere),
    gone: [
      ...dialing.gone,
      ...dialing.plans.filter(({ id }) => !isThere(id) && !isRequested(dialing, id)),
    ],
    asked: dialing.asked.filter(
      ({ verb, plan }) => verb !== "drop_plan" || isThere(plan),
    ),
  };
  return requested(next);
}

/**
 * Free the field for the next number once a permission request has become a plan.
 * @param {Dialing} dialing
 * @returns {Dialing}
 */
function requested(dialing) {
  const planOf = (/** @type {DialRequest} */ asked) =>
    dialing.plans.find((plan) => isSamePerson(plan, asked));
  const request = dialing.asked.find((one) => one.verb === "ask" && planOf(one));
  if (request === undefined) {
    return dialing;
  }
  const asked = dialing.asked.filter((one) => one !== request);
  if (!isSamePerson(dialing.person, request)) {
    return { ...dialing, asked };
  }
  return { ...cleared(dialing), asked, done: planOf(request)?.id ?? null };
}

/**
 * Take everything again. After a lost connection no reply will come to what was asked
 * before.
 * @param {Dialing} dialing
 * @param {{lines?: Line[], plans?: ScheduledCall[]}} message
 * @param {boolean} isBack
 * @returns {Dialing}
 */
export function dialingRefreshed(dialing, { lines = [], plans = [] }, isBack) {
  const next = planned({ ...dialing, lines }, plans);
  const isThere = lines.some(({ id }) => isId(id, dialing.line));
  const line = isThere ? dialing.line : (lines[0]?.id ?? null);
  return isBack ? { ...next, line, asked: [], lookingSince: null } : { ...next, line };
}

/**
 * @param {Dialing} dialing
 * @param {number | undefined} request
 */
export function isDialRequest(dialing, request) {
  return (
    request !== undefined &&
    ((dialing.lookingSince !== null && dialing.lookUp === request) ||
      dialing.asked.some((asked) => asked.request === request))
  );
}

/**
 * Take what the server says no to, told beside the field unless it is about a plan, or
 * about a person of another list.
 * @param {Dialing} dialing
 * @param {{text: string, request?: number}} problem
 * @returns {{dialing: Dialing, isBesideField: boolean}}
 */
export function dialRefused(dialing, { text, request }) {
  const failed = dialing.asked.find((asked) => asked.request === request);
  const asked = dialing.asked.filter((one) => one !== failed);
  if (failed !== undefined && (failed.plan !== null || failed.isAside)) {
    return { dialing: { ...dialing, asked }, isBesideField: false };
  }
  const lookingSince = failed === undefined ? null : dialing.lookingSince;
  return {
    dialing: { ...dialing, asked, lookingSince, problem: text },
    isBesideField: true,
  };
}

/**
 * Drop what got no reply.
 * @param {Dialing} dialing
 * @param {number} now
 * @returns {Dialing}
 */
export function dialingExpired(dialing, now) {
  const late = dialing.asked.some(({ at }) => now - at > REPLY_WITHIN_MS);
  const lost =
    dialing.lookingSince !== null && now - dialing.lookingSince > REPLY_WITHIN_MS;
  const unchecked =
    dialing.person?.checking && now - dialing.personAt > CHECK_WITHIN_MS;
  if (!late && !lost && !unchecked) {
    return dialing;
  }
  return {
    ...dialing,
    asked: dialing.asked.filter(({ at }) => now - at <= REPLY_WITHIN_MS),
    lookingSince: lost ? null : dialing.lookingSince,
    person: dialing.person && { ...dialing.person, checking: false },
    problem: late || lost ? t(NO_REPLY) : dialing.problem,
  };
}

/**
 * Tell whether this page has asked for the call that the server now tells of.
 * @param {Dialing} dialing
 * @param {Call | null} previous
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isCalledHere(dialing, previous, call, agent) {
  return (
    previous === null &&
    call.direction === "outbound" &&
    isInCall(call, agent) &&
    dialing.asked.some(isCalling)
  );
}

/**
 * Free the field once the call is there, and drop the plan that it was.
 * @param {Dialing} dialing
 * @returns {Dialing}
 */
export function callPlaced(dialing) {
  const asked = dialing.asked.filter((one) => !isCalling(one));
  const isDone = (/** @type {ScheduledCall} */ plan) =>
    dialing.asked.some((one) => isCalling(one) && isSamePerson(plan, one));
  return {
    ...cleared(dialing),
    asked,
    plans: dialing.plans.filter((plan) => !isDone(plan)),
  };
}

/** @param {DialRequest} asked */
export function isCalling({ verb }) {
  return verb === "call" || verb === "call_plan";
}

/**
 * Return the plans whose person may be called now and that the agent did not postpone.
 * @param {Dialing} dialing
 */
export function proposedCalls({ plans, later }) {
  const isLater = (/** @type {ScheduledCall} */ { id }) =>
    later.some((one) => isId(one, id));
  return plans.filter((plan) => plan.state === "offered" && !isLater(plan));
}

/**
 * @param {Dialing} dialing
 * @param {Id} plan
 */
export function isRequested({ asked }, plan) {
  return asked.some((one) => isId(one.plan, plan));
}
