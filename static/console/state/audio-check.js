/** The check of the audio: what the agent says goes to the server and comes back. Pure. */

import { noCheck } from "./state.js";

/** @import {AudioCheck, State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const CHECK_REDUCERS = {
  checkStarted: (state) => changed(state, { ...noCheck, phase: "running" }),
  checkMeasured: (state, { measured }) => changed(state, { measured }),
  checkLeft: (state, { left }) => changed(state, { left }),
  checkOver: (state) => changed(state, { phase: "over" }),
  checkDropped: (state) => changed(state, noCheck),
};

/**
 * @param {State} state
 * @param {Partial<AudioCheck>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, check: { ...state.check, ...changes } };
}
