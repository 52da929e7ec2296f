/** The changes of the state by messages of the server and actions of the page. Pure. */

import { t } from "../shell/i18n.js";
import { CHECK_REDUCERS } from "./audio-check.js";
import { CARD_REDUCERS } from "./caller-card.js";
import { withCall, withoutCall } from "./calls.js";
import {
  DIALING_REDUCERS,
  dialingExpired,
  dialingRefreshed,
  dialRefused,
  isDialRequest,
} from "./dialing.js";
import { FLOOR_REDUCERS, floorRefreshed } from "./floor.js";
import { GUIDED_REDUCERS } from "./guided-check-reducers.js";
import { MY_CALLS_REDUCERS, myCallsRefused, withVerdicts } from "./my-calls.js";
import { withNotice } from "./notices.js";
import {
  isSaved,
  PEOPLE_REDUCERS,
  peopleLost,
  peopleRefused,
  saved,
  unclear,
} from "./people.js";
import { PREFERENCE_REDUCERS } from "./preferences.js";
import { REWIND_REDUCERS } from "./rewind.js";
import { myCall } from "./selectors.js";
import { SHIFT_REDUCERS, shiftRefreshed } from "./shift.js";
import { SUPERVISOR_REDUCERS } from "./supervisors.js";
import { TRANSFER_REDUCERS, transferRefused } from "./transfer.js";
import { belongingTo, WINDOW_REDUCERS } from "./windows.js";

/** @import {Agent, Call, Named, Work} from "./snapshot.js" */
/** @import {Asked, FloorMessage, Preferences, State} from "./state.js" */

const NOTICE_LIFE_MS = 15_000;
const REPLY_WITHIN_MS = 10_000;

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
const REDUCERS = {
  ...DIALING_REDUCERS,
  ...SHIFT_REDUCERS,
  ...TRANSFER_REDUCERS,
  ...CARD_REDUCERS,
  ...CHECK_REDUCERS,
  ...WINDOW_REDUCERS,
  ...REWIND_REDUCERS,
  ...MY_CALLS_REDUCERS,
  ...PEOPLE_REDUCERS,
  ...FLOOR_REDUCERS,
  ...SUPERVISOR_REDUCERS,
  person: personTold,
  readings: readingsTold,
  ...GUIDED_REDUCERS,
  ...PREFERENCE_REDUCERS,
  console: replaceAll,
  call: (state, { call }, now) => withCall(state, call, now),
  agent: (state, { agent }) => ({ ...state, agent: newer(state.agent, agent) }),
  problem: refused,
  connection: (state, { connection }) => ({ ...state, connection }),
  asked: (state, { verb, call, request, value }, now) => ({
    ...state,
    asked: { ...state.asked, [call]: { verb, request, at: now, value } },
    audioHere: verb === "answer" ? call : state.audioHere,
  }),
  muted: (state, { muted }) => ({
    ...state,
    mute: { muted, sent: state.mute.sent + 1 },
  }),
  audio: (state, { audio }) => ({
    ...state,
    audio,
    hadAudio: state.hadAudio || audio === "connected",
    audioHere: audio === "replaced" ? null : state.audioHere,
  }),
  opened: (state, { open }) => ({ ...state, open }),
  audioProblem: (state, { text }) => ({ ...state, audioProblem: text }),
  takeAudio: (state) => ({ ...state, audioHere: myCall(state)?.id ?? null }),
  notice: (state, { notice }, now) => withNotice(state, notice, now),
  dismiss: (state, { id }) => ({
    ...state,
    notices: state.notices.filter((notice) => notice.id !== id),
  }),
  tick: expire,
};

/**
 * Return the state after a message from the server or an action of the page. What is
 * unknown changes nothing: a newer server may say more than this page understands.
 * @param {State} state
 * @param {{type: string} & Record<string, any>} action
 * @param {number} now monotonic milliseconds
 * @returns {State}
 */
export function reduce(state, action, now) {
  return Object.hasOwn(REDUCERS, action.type)
    ? REDUCERS[action.type](state, action, now)
    : state;
}

/**
 * @template {{version: number}} T
 * @param {T | null | undefined} known
 * @param {T} told
 * @returns {T}
 */
function newer(known, told) {
  return known && known.version >= told.version ? known : told;
}

/**
 * Take everything again. What is no longer told is gone. After a lost connection no
 * reply will come to what was asked before; otherwise it may still be on its way.
 * @param {State} before
 * @param {{agent: Agent, calls: Call[], preferences?: Preferences} & Parameters<typeof dialingRefreshed>[1]
 *   & Parameters<typeof shiftRefreshed>[1]
 *   & {queues?: Named[], messages?: FloorMessage[]}} message
 * @param {number} now
 */
function replaceAll(before, { agent, calls, preferences: chosen, ...more }, now) {
  const state = belongingTo(before, agent);
  const told = new Set(calls.map((call) => call.id));
  const isBack = state.connection !== "online";
  /** @type {State} */
  let next = {
    ...state,
    connection: "online",
    agent: newer(state.agent, agent),
    asked: isBack ? {} : state.asked,
    mute: isBack ? { ...state.mute, sent: 0 } : state.mute,
  };
  for (const call of Object.values(state.calls)) {
    next = told.has(call.id) ? next : toldOtherwise(next, call, more.work, now);
  }
  for (const call of calls) {
    next = withCall(next, call, now);
  }
  // A page just loaded picks up the call it finds; later ones are answered by hand.
  const found = state.loaded ? next.audioHere : (myCall(next)?.id ?? next.audioHere);
  const dialing = dialingRefreshed(next.dialing, more, isBack);
  const preferences = chosen ?? next.preferences;
  const messages = more.messages ?? [];
  next = { ...next, loaded: true, audioHere: found, dialing, preferences, messages };
  next = floorRefreshed(next, more.queues ?? [], isBack);
  next = isBack ? peopleLost(myCallsRefused(next)) : next;
  return shiftRefreshed(next, more);
}

/**
 * Take what became of a call that is no longer told: it may be the one to write about.
 * @param {State} state
 * @param {Call} call
 * @param {Work | null | undefined} work
 * @param {number} now
 */
function toldOtherwise(state, call, work, now) {
  return work?.call === call.id && work.call_snapshot.version > call.version
    ? withCall(state, work.call_snapshot, now)
    : withoutCall(state, call, now);
}

/**
 * Take what is known of a person: to the field, to the form that was saved with it, and
 * to the lists that show them.
 * @param {State} state
 * @param {any} message
 * @param {number} now
 */
function personTold(state, message, now) {
  const next = isSaved(state, message.request) ? saved(state) : state;
  return withVerdicts(DIALING_REDUCERS.person(next, message, now), message.person);
}

/**
 * @param {State} state
 * @param {any} message
 * @param {number} now
 */
function readingsTold(state, message, now) {
  return isSaved(state, message.request)
    ? unclear(state, message.readings)
    : DIALING_REDUCERS.readings(state, message, now);
}

/**
 * Drop the requests that failed; an answer that failed brings no audio here.
 * @param {State} state
 * @param {(asked: Asked) => boolean} failed
 * @returns {State}
 */
function withoutAsked(state, failed) {
  const kept = Object.entries(state.asked).filter(([, asked]) => !failed(asked));
  const here = state.audioHere === null ? undefined : state.asked[state.audioHere];
  const silent = here?.verb === "answer" && failed(here);
  return {
    ...state,
    asked: Object.fromEntries(kept),
    audioHere: silent ? null : state.audioHere,
  };
}

/**
 * @param {State} before
 * @param {{text: string, request?: number}} problem
 * @param {number} now
 */
function refused(before, { text: english, request }, now) {
  const text = t(english);
  const aboutPeople = peopleRefused(before, { text, request });
  if (aboutPeople !== null) {
    return aboutPeople;
  }
  const state = myCallsRefused(before, request ?? -1);
  if (isDialRequest(state.dialing, request)) {
    const { dialing, isBesideField } = dialRefused(state.dialing, { text, request });
    const next = { ...state, dialing };
    return isBesideField
      ? next
      : withNotice(next, { who: "", text, tone: "problem" }, now);
  }
  const transfer = transferRefused(state, { text, request });
  const next = withoutAsked(
    { ...state, transfer },
    (asked) => asked.request === request,
  );
  return transfer.problem === text
    ? next
    : withNotice(next, { who: "", text, tone: "problem" }, now);
}

/**
 * Drop notices that were read, and requests that got no reply.
 * @param {State} state
 * @param {unknown} _action
 * @param {number} now
 */
function expire(state, _action, now) {
  const notices = state.notices.filter((notice) => now - notice.at < NOTICE_LIFE_MS);
  const dialing = dialingExpired(state.dialing, now);
  const isUsual = notices.length === state.notices.length && dialing === state.dialing;
  const next = isUsual ? state : { ...state, notices, dialing };
  const late = (/** @type {Asked} */ asked) => now - asked.at > REPLY_WITHIN_MS;
  if (!Object.values(state.asked).some(late)) {
    return next;
  }
  const text = t("The server did not reply. Please try again.");
  return withNotice(withoutAsked(next, late), { who: "", text, tone: "problem" }, now);
}
