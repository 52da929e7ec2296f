/** Questions about what the page knows, each answered from the state alone. */

import { marked } from "../shell/i18n.js";
import { wordsFor } from "./call-words.js";
import { stateLabel } from "./labels.js";
import { isWrapUp } from "./shift.js";
import { isInCall, isRingingAt, waitingSince } from "./snapshot.js";

/** @import {Call} from "./snapshot.js" */
/** @import {State} from "./state.js" */

/**
 * Return the call this agent is in, whatever is left of it.
 * @param {State} state
 * @returns {Call | null}
 */
export function myCall(state) {
  return Object.values(state.calls).find((call) => isInCall(call, state.agent)) ?? null;
}

/**
 * Return the calls that ring here, longest first. Nothing rings in a page that another
 * one has replaced.
 * @param {State} state
 * @returns {Call[]}
 */
export function ringingCalls(state) {
  if (!state.shift.primary) {
    return [];
  }
  return Object.values(state.calls)
    .filter((call) => isRingingAt(call, state.agent) && !state.asked[call.id])
    .sort(
      (one, other) => Date.parse(waitingSince(one)) - Date.parse(waitingSince(other)),
    );
}

/**
 * Return the call whose audio belongs in this page: one that was answered here, or
 * found when the page was loaded. A second window only looks on.
 * @param {State} state
 */
export function audioCall(state) {
  const call = myCall(state);
  return call !== null && call.id === state.audioHere ? call : null;
}

/**
 * Return the call that was answered here, until the server says whose it is.
 * @param {State} state
 * @returns {Call | null}
 */
export function answeredCall(state) {
  const answered = Object.keys(state.asked).find(
    (id) => state.asked[id].verb === "answer",
  );
  return answered === undefined ? null : (state.calls[answered] ?? null);
}

/**
 * Return what the element "Call status" reads, before its translation.
 * @param {State} state
 */
export function callStatus(state) {
  const call = myCall(state);
  if (call !== null && (call.status === "active" || call.status === "held")) {
    // A lost console connection alone does not end the talk: the audio has its own.
    return wordsFor(state, call).status;
  }
  if (state.connection !== "online") {
    return marked("Reconnecting");
  }
  if (call !== null) {
    return wordsFor(state, call).status;
  }
  if (answeredCall(state) !== null) {
    return marked("Connecting");
  }
  if (ringingCalls(state).length > 0) {
    return marked("Ringing");
  }
  return isWrapUp(state.shift.work) ? marked("Wrap-up") : marked("Idle");
}

/**
 * Return what the element "Agent status" reads, before its translation.
 * @param {State} state
 */
export function agentStatus(state) {
  if (state.connection !== "online" || state.agent === null) {
    return marked("Reconnecting");
  }
  return stateLabel(state.agent.state);
}
