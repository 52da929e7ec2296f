/** What stays on the screen of a call that this agent is no longer in. Pure. */

import { leftPart } from "./happenings.js";
import { callerName } from "./labels.js";
import { afterWords } from "./news-words.js";
import { isInCall } from "./snapshot.js";

/** @import {Agent, Call} from "./snapshot.js" */
/** @import {LastCall} from "./state.js" */

/**
 * Return what stays of a call this agent was in until now; null of any other.
 * @param {Call | null} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {LastCall | null}
 */
export function lastCallAfter(previous, call, agent) {
  const isOut =
    previous !== null && isInCall(previous, agent) && !isInCall(call, agent);
  return isOut ? lastCallOf(call, agent) : null;
}

/**
 * Tell it anew: the reason may be known only later, and the call may go on elsewhere.
 * @param {LastCall | null} last
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {LastCall | null}
 */
export function lastCallCorrected(last, call, agent) {
  return last?.id === call.id && !isInCall(call, agent)
    ? lastCallOf(call, agent)
    : last;
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {LastCall}
 */
function lastCallOf(call, agent) {
  const name = callerName(call);
  return { id: call.id, name, text: afterWords(call, agent), ...timeOn(call, agent) };
}

/**
 * Return the talk time of a call that this agent saw to its end; else how long they were
 * on it themselves. Both as the call log has them.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function timeOn(call, agent) {
  const part = leftPart(call, agent);
  const isWhole =
    call.status === "ended" && (part?.because || "call_ended") === "call_ended";
  return isWhole && part?.mode !== "consult"
    ? { isWhole: true, seconds: call.talk_seconds ?? null }
    : { isWhole: false, seconds: part?.seconds ?? null };
}
