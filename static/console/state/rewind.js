/** Rewind: whether what the caller says is kept, and whether it is heard again. Pure. */

import { phaseOf } from "./participants.js";
import { audioCall } from "./selectors.js";
import { noRewind } from "./state.js";

/** @import {Keeping} from "../../audio/rewind.js" */
/** @import {Call} from "./snapshot.js" */
/** @import {Rewind, State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const REWIND_REDUCERS = {
  rewindKept: (state, { kept, left }) => changed(state, { kept, left }),
  rewindPlays: (state, { seconds, mono }) =>
    changed(state, { length: seconds, left: seconds, mono }),
  rewindOver: (state) => changed(state, { length: 0, left: 0 }),
  rewindGone: (state) => ({ ...state, rewind: noRewind }),
};

/**
 * Return what becomes of the audio that comes. It is the caller's voice alone, and the
 * call is this agent's, only while the two talk with each other.
 * @param {State} state
 * @returns {Keeping}
 */
export function keepingOf(state) {
  const call = audioCall(state);
  if (call === null || call.rewind !== true) {
    return "off";
  }
  const phase = phaseOf(call, state.agent);
  if (phase === "guest") {
    return "off";
  }
  return phase === "talk" && !isJoined(call) ? "on" : "paused";
}

/**
 * Tell whether a supervisor's voice comes with the caller's; a whisper comes apart.
 * @param {Call} call
 */
function isJoined({ supervisors = [] }) {
  return supervisors.some(({ mode }) => mode === "barge");
}

/**
 * Tell whether there is anything to hear again.
 * @param {State} state
 */
export function canRewind(state) {
  return keepingOf(state) !== "off" && state.rewind.kept > 0;
}

/**
 * @param {State} state
 * @param {Partial<Rewind>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, rewind: { ...state.rewind, ...changes } };
}
