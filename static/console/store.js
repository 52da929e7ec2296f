/**
 * What the console knows, and how each message changes it. reduce() is pure; Store
 * only keeps the last state and says when it changed.
 *
 * @typedef {"connecting" | "online" | "lost" | "refused"} Connection
 * @typedef {"idle" | "connecting" | "connected" | "lost" | "replaced" | "ended"} AudioState
 * @typedef {{verb: string, request: number, at: number, value?: any}} Asked
 *
 * @typedef {object} Core
 * @property {Connection} connection
 * @property {boolean} loaded whether the server has told everything once
 * @property {Agent | null} agent
 * @property {Record<string, Call>} calls by id, those that concern this agent now
 * @property {Record<string, number>} versions newest seen, also of calls that are over
 * @property {Record<string, Asked>} asked what was asked for a call and not yet done
 * @property {string | null} soundHere id of the call whose sound belongs in this page
 * @property {AudioState} audio
 * @property {boolean} hadSound whether that call was connected before
 * @property {boolean} open whether microphone and speaker are open
 * @property {string} soundProblem why they are not, a sentence
 * @property {{muted: boolean, sent: number}} mute the wish of this page, and how many
 *   requests the server has not answered yet
 * @property {Note[]} notes
 * @property {LastCall | null} lastCall
 * @property {CallingOut} out
 * @property {Shift} shift
 *
 * @typedef {Core & Slices} State
 */

import {
  isCalledHere,
  isOutRequest,
  nobodyToCall,
  OUT_REDUCERS,
  outCalled,
  outExpired,
  outRefreshed,
  outRefused,
} from "./calling-out.js";
import { concerns, isGuest, isHeld, isOffered, myCall } from "./calls.js";
import { marked, t } from "./i18n.js";
import { lastCallAfter, lastCallCorrected, noteAfter } from "./notes.js";
import { newShift, SHIFT_REDUCERS, shiftRefreshed } from "./shift.js";
import { initialSlices, SLICE_REDUCERS } from "./slices.js";
import { colleagueNote, transferFollowed, transferRefused } from "./transfer.js";

/** @import {CallingOut} from "./calling-out.js" */
/** @import {Agent, Call} from "./calls.js" */
/** @import {LastCall, Note} from "./notes.js" */
/** @import {Shift} from "./shift.js" */
/** @import {Slices} from "./slices.js" */

/** Finished calls whose version is remembered, against messages that come late. */
const MOST_VERSIONS = 100;
const MOST_NOTES = 3;
const NOTE_LIFE_MS = 15_000;
const REPLY_WITHIN_MS = 10_000;

/** @type {State} */
export const initialState = Object.freeze({
  connection: "connecting",
  loaded: false,
  agent: null,
  calls: {},
  versions: {},
  asked: {},
  soundHere: null,
  audio: "idle",
  hadSound: false,
  open: false,
  soundProblem: "",
  mute: { muted: false, sent: 0 },
  notes: [],
  lastCall: null,
  out: nobodyToCall,
  shift: newShift,
  ...initialSlices,
});

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
const REDUCERS = {
  ...OUT_REDUCERS,
  ...SHIFT_REDUCERS,
  ...SLICE_REDUCERS,
  console: replaceAll,
  call: (state, { call }, now) => withCall(state, call, now),
  agent: (state, { agent }) => ({ ...state, agent: newer(state.agent, agent) }),
  problem: refused,
  connection: (state, { connection }) => ({ ...state, connection }),
  asked: (state, { verb, call, request, value }, now) => ({
    ...state,
    asked: { ...state.asked, [call]: { verb, request, at: now, value } },
    soundHere: verb === "answer" ? call : state.soundHere,
  }),
  muted: (state, { muted }) => ({
    ...state,
    mute: { muted, sent: state.mute.sent + 1 },
  }),
  audio: (state, { audio }) => ({
    ...state,
    audio,
    hadSound: state.hadSound || audio === "connected",
    soundHere: audio === "replaced" ? null : state.soundHere,
  }),
  opened: (state, { open }) => ({ ...state, open }),
  soundProblem: (state, { text }) => ({ ...state, soundProblem: text }),
  takeSound: (state) => ({ ...state, soundHere: myCall(state)?.id ?? null }),
  note: (state, { note }, now) => withNote(state, note, now),
  dismiss: (state, { id }) => ({
    ...state,
    notes: state.notes.filter((note) => note.id !== id),
  }),
  tick: expire,
};

/**
 * The state after a message from the server or an action of the page. What is
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
 * Everything again. What is no longer told is gone. After a lost connection nobody will
 * reply to what was asked before; otherwise the reply may still be on its way.
 * @param {State} state
 * @param {{agent: Agent, calls: Call[]} & Parameters<typeof outRefreshed>[1]
 *   & Parameters<typeof shiftRefreshed>[1]} message
 * @param {number} now
 */
function replaceAll(state, { agent, calls, ...more }, now) {
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
    next = told.has(call.id) ? next : withoutCall(next, call, now);
  }
  for (const call of calls) {
    next = withCall(next, call, now);
  }
  // A page just loaded picks up the call it finds; later ones are answered by hand.
  const found = state.loaded ? next.soundHere : (myCall(next)?.id ?? next.soundHere);
  const out = outRefreshed(next.out, more, isBack);
  next = { ...next, loaded: true, soundHere: found, out };
  return shiftRefreshed(next, more, myCall(next)?.id ?? null);
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 * @returns {State}
 */
function withCall(state, call, now) {
  if (call.version <= (state.versions[call.id] ?? -1)) {
    return state;
  }
  const previous = state.calls[call.id] ?? null;
  const calls = { ...state.calls };
  if (concerns(call, state.agent)) {
    calls[call.id] = call;
  } else {
    delete calls[call.id];
  }
  const next = {
    ...calledHere(state, previous, call),
    calls,
    versions: remembered(state.versions, call),
    asked: settled(state.asked, call, state.agent),
  };
  const verb = state.asked[call.id]?.verb ?? "";
  const note = previous && colleagueNote(previous, call, state);
  const noted = note ? withNote(next, note, now) : next;
  const followed = transferFollowed(noted, call);
  return told(withSoundOf(followed, previous, call), previous, call, verb, now);
}

/**
 * A call out that was asked for in this page has its sound here.
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @returns {State}
 */
function calledHere(state, previous, call) {
  return isCalledHere(state.out, previous, call, state.agent)
    ? { ...state, soundHere: call.id, out: outCalled(state.out) }
    : state;
}

/**
 * A call the server no longer names: it ended while nobody was told.
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 */
function withoutCall(state, call, now) {
  const calls = { ...state.calls };
  delete calls[call.id];
  const gone = { ...call, status: /** @type {const} */ ("ended"), ended_by: "" };
  gone.end_text = marked("The call ended while the console was disconnected");
  const next = transferFollowed({ ...state, calls }, gone);
  return told(withSoundOf(next, call, gone), call, gone, "", now);
}

/**
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @param {string} asked
 * @param {number} now
 * @returns {State}
 */
function told(state, previous, call, asked, now) {
  const note = previous && noteAfter(previous, call, state.agent, asked);
  const lastCall =
    lastCallAfter(previous, call, state.agent) ??
    lastCallCorrected(state.lastCall, call);
  return note ? withNote({ ...state, lastCall }, note, now) : { ...state, lastCall };
}

/**
 * Which sound is due here after the change, and whether it is muted. The agent's
 * last wish stands until the server has answered it.
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @returns {State}
 */
function withSoundOf(state, previous, call) {
  if (!isHeld(call, state.agent)) {
    const over = state.soundHere === call.id && state.asked[call.id] === undefined;
    return over ? { ...state, soundHere: null, hadSound: false } : state;
  }
  if (previous === null || !isHeld(previous, state.agent)) {
    const muted = !isGuest(call, state.agent) && call.muted;
    return { ...state, hadSound: false, mute: { muted, sent: 0 } };
  }
  if (previous.muted === call.muted || isGuest(call, state.agent)) {
    return state;
  }
  const { muted, sent } = state.mute;
  const mute = sent > 0 ? { muted, sent: sent - 1 } : { muted: call.muted, sent: 0 };
  return { ...state, mute };
}

/**
 * @param {Record<string, number>} versions
 * @param {Call} call
 */
function remembered(versions, call) {
  const { [call.id]: _, ...others } = versions;
  const kept = Object.entries(others).slice(1 - MOST_VERSIONS);
  return { ...Object.fromEntries(kept), [call.id]: call.version };
}

/**
 * Answer and decline are open while the call rings here, hang-up while it is held.
 * @param {Record<string, Asked>} asked
 * @param {Call} call
 * @param {Agent | null} agent
 */
function settled(asked, call, agent) {
  const { [call.id]: request, ...others } = asked;
  const open =
    request?.verb === "hang_up" ? isHeld(call, agent) : isOffered(call, agent);
  return request === undefined || open ? asked : others;
}

/**
 * Without the requests that failed; an answer that failed brings no sound here.
 * @param {State} state
 * @param {(asked: Asked) => boolean} failed
 * @returns {State}
 */
function withoutAsked(state, failed) {
  const kept = Object.entries(state.asked).filter(([, asked]) => !failed(asked));
  const here = state.soundHere === null ? undefined : state.asked[state.soundHere];
  const silent = here?.verb === "answer" && failed(here);
  return {
    ...state,
    asked: Object.fromEntries(kept),
    soundHere: silent ? null : state.soundHere,
  };
}

/**
 * @param {State} state
 * @param {{text: string, request?: number}} problem
 * @param {number} now
 */
function refused(state, { text: english, request }, now) {
  const text = t(english);
  if (isOutRequest(state.out, request)) {
    const { out, isBesideField } = outRefused(state.out, { text, request });
    const next = { ...state, out };
    return isBesideField
      ? next
      : withNote(next, { who: "", text, tone: "problem" }, now);
  }
  const transfer = transferRefused(state, { text, request });
  const next = withoutAsked(
    { ...state, transfer },
    (asked) => asked.request === request,
  );
  return transfer.problem === text
    ? next
    : withNote(next, { who: "", text, tone: "problem" }, now);
}

/**
 * The same thing may be told twice, by a call and by a refusal: it is shown once.
 * @param {State} state
 * @param {Omit<Note, "id" | "at">} note
 * @param {number} now
 * @returns {State}
 */
function withNote(state, note, now) {
  const plain = (/** @type {{text: string}} */ { text }) => text.replace(/\.$/, "");
  const same = state.notes.find((one) => plain(one) === plain(note));
  const others = state.notes.filter((one) => one !== same);
  const id = 1 + Math.max(0, ...state.notes.map((one) => one.id));
  const fresh = { ...same, ...note, who: note.who || (same?.who ?? ""), id, at: now };
  return { ...state, notes: [...others, fresh].slice(-MOST_NOTES) };
}

/**
 * Notes that were read, requests that nobody answered.
 * @param {State} state
 * @param {unknown} _action
 * @param {number} now
 */
function expire(state, _action, now) {
  const notes = state.notes.filter((note) => now - note.at < NOTE_LIFE_MS);
  const out = outExpired(state.out, now);
  const isUsual = notes.length === state.notes.length && out === state.out;
  const next = isUsual ? state : { ...state, notes, out };
  const late = (/** @type {Asked} */ asked) => now - asked.at > REPLY_WITHIN_MS;
  if (!Object.values(state.asked).some(late)) {
    return next;
  }
  const text = t("The server did not reply. Please try again.");
  return withNote(withoutAsked(next, late), { who: "", text, tone: "problem" }, now);
}

/** Holds the state; "change" tells what it was before. */
export class Store extends EventTarget {
  #state = initialState;

  get state() {
    return this.#state;
  }

  /** @param {{type: string} & Record<string, any>} action */
  dispatch(action) {
    const previous = this.#state;
    this.#state = reduce(previous, action, performance.now());
    if (this.#state !== previous) {
      this.dispatchEvent(new CustomEvent("change", { detail: { previous } }));
    }
  }
}
