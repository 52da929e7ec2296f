/**
 * What the agent is told when a call goes a way that nobody chose here.
 *
 * @typedef {{id: number, at: number, who: string, text: string,
 *   tone: "info" | "problem"}} Note
 * @typedef {{name: string, text: string, seconds: number | null}} LastCall
 */

import { callerName, isDialing, isHeld, isOffered, isSame } from "./calls.js";
import { secondsSince } from "./clock.js";

/** @import {Agent, Call} from "./calls.js" */

/**
 * The note for a call that rang here and now does not, or null.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @param {string} asked what this agent had asked for the call
 * @returns {Omit<Note, "id" | "at"> | null}
 */
export function noteAfter(previous, call, agent, asked) {
  const stopped = isOffered(previous, agent) && !isOffered(call, agent);
  if (!stopped || isSame(call.agent, agent)) {
    return null;
  }
  const text = whyItStopped(call, asked);
  return text ? { who: callerName(call), text, tone: "info" } : null;
}

/**
 * @param {Call} call
 * @param {string} asked
 */
function whyItStopped(call, asked) {
  if (asked === "decline") {
    return "";
  }
  if (call.agent !== null) {
    return `${call.agent.name} took this call`;
  }
  if (call.status === "ended") {
    return endingOf(call);
  }
  return "This call was offered to someone else";
}

/**
 * What stays on the screen of a call this agent was in, or null.
 * @param {Call | null} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {LastCall | null}
 */
export function lastCallAfter(previous, call, agent) {
  if (previous === null || !isHeld(previous, agent) || isHeld(call, agent)) {
    return null;
  }
  const text = call.status === "ended" ? endingOf(call) : whoHasIt(call);
  return { name: callerName(call), text, seconds: talkSeconds(call) };
}

/** @param {Call} call */
function whoHasIt(call) {
  return call.agent === null
    ? "The sound did not start here in time, so the call rings for others"
    : `${call.agent.name} took over this call`;
}

/** @param {Call} call */
function talkSeconds(call) {
  if (call.answered_at === null || call.ended_at === null) {
    return null;
  }
  return secondsSince(call.answered_at, Date.parse(call.ended_at));
}

/** @param {Call} call */
function endingOf(call) {
  if (isDialing(call)) {
    return call.end_text || "The call was not answered";
  }
  if (call.ended_by === "customer") {
    return call.direction === "outbound" ? "They hung up" : "The caller hung up";
  }
  return call.ended_by === "agent" ? "You hung up" : call.end_text || "The call ended";
}
