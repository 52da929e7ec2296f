/** The breaks there are, and what the agent writes about a call. Pure. */

import { withWindow } from "./windows.js";

/** @import {Break, Id, Named, RingingWindow, Work} from "./snapshot.js" */
/** @import {Shift, State} from "./state.js" */

/** Requests about the wrap-up, as keys beside the ids of calls. */
const WORK_VERBS = ["finish", "more_time"];

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const SHIFT_REDUCERS = {
  work: (state, { work }) => withWork(state, work),
  written: (state, { written }) => withShift(state, { written }),
  callback: (state, { callback }) => withShift(state, { callback }),
  saved: (state, { request }) => savedNow(state, request),
};

/**
 * @param {State} state
 * @param {Partial<Shift>} changes
 * @returns {State}
 */
function withShift(state, changes) {
  return { ...state, shift: { ...state.shift, ...changes } };
}

/**
 * @param {State} state
 * @param {Work | null} work
 */
function withWork(state, work) {
  const asked = Object.entries(state.asked).filter(
    ([, { verb }]) => !WORK_VERBS.includes(verb),
  );
  return withShift({ ...state, asked: Object.fromEntries(asked) }, { work });
}

/**
 * Take a disposition that was chosen here as stored.
 * @param {State} state
 * @param {number} request
 */
function savedNow(state, request) {
  const known = Object.entries(state.asked);
  const asked = known.filter(([, one]) => one.request !== request);
  if (asked.length === known.length) {
    return state;
  }
  const { work } = state.shift;
  const choice = chosenHere(state);
  const isChoice = state.asked.disposition?.request === request;
  const stored = isChoice && work ? { ...work, disposition: choice } : work;
  return withShift({ ...state, asked: Object.fromEntries(asked) }, { work: stored });
}

/**
 * Return the disposition as this page shows it: the last choice, stored or not yet.
 * @param {State} state
 * @returns {Id | null}
 */
export function chosenHere({ asked, shift }) {
  const pending = asked.disposition;
  return pending === undefined
    ? (shift.work?.disposition ?? null)
    : (pending.value ?? null);
}

/**
 * Take everything again.
 * @param {State} state with the calls as they are now
 * @param {{primary?: boolean, window?: RingingWindow | null, since?: string,
 *   echo_url?: string, breaks?: Break[], work?: Work | null,
 *   training?: boolean}} message
 * @returns {State}
 */
export function shiftRefreshed(state, message) {
  const { primary = true, window = null, since = "", breaks = [] } = message;
  const { echo_url: echoUrl = "", work = null, training = false } = message;
  const next = withShift(state, { since, echoUrl, breaks, work, training });
  return withWindow(next, window, primary);
}

/**
 * Tell whether the call is over and the agent still writes about it.
 * @param {Work | null} work
 */
export function isWrapUp(work) {
  return work?.over === true;
}

/**
 * Return what an agent may choose, in the order of the list.
 * @param {Work} work
 * @returns {(Named & {group: string})[]}
 */
export function flatChoices({ choices }) {
  return choices.flatMap(({ id, name, children }) =>
    children.length > 0
      ? children.map((child) => ({ ...child, group: name }))
      : [{ id, name, group: "" }],
  );
}

/**
 * Return why the wrap-up cannot be finished yet: "disposition", or nothing.
 * @param {State} state
 */
export function missing(state) {
  const { work } = state.shift;
  const isMissing = work?.required === true && chosenHere(state) === null;
  return isMissing ? "disposition" : "";
}
