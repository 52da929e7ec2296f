/**
 * What the agent is told when a call goes a way that nobody chose here.
 *
 * @typedef {{id: number, at: number, who: string, text: string,
 *   tone: "info" | "problem"}} Note
 * @typedef {{id: string | null, name: string, text: string,
 *   seconds: number | null}} LastCall with the id of a call that has ended
 */

import { callerName, isDialing, isGuest, isHeld, isOffered, isSame } from "./calls.js";
import { secondsSince } from "./clock.js";
import { t } from "./i18n.js";

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
  const text = whyItStopped(previous, call, asked);
  return text ? { who: callerName(call), text, tone: "info" } : null;
}

/**
 * @param {Call} previous
 * @param {Call} call
 * @param {string} asked
 */
function whyItStopped(previous, call, asked) {
  if (asked === "decline") {
    return "";
  }
  if (isSame(call.agent, previous.agent)) {
    return t("{agent} does not need you any more", { agent: call.agent?.name ?? "" });
  }
  if (call.agent !== null) {
    return t("{agent} took this call", { agent: call.agent.name });
  }
  if (call.status === "ended") {
    return endingOf(call);
  }
  return t("This call was offered to someone else");
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
  const hasEnded = call.status === "ended";
  const text = hasEnded ? endingOf(call) : whoHasIt(call, isGuest(previous, agent));
  const id = hasEnded ? call.id : null;
  return { id, name: callerName(call), text, seconds: talkSeconds(call) };
}

/**
 * The same call, told better: why it ended may be known only after its end.
 * @param {LastCall | null} last
 * @param {Call} call
 * @returns {LastCall | null}
 */
export function lastCallCorrected(last, call) {
  return last?.id === call.id ? { ...last, text: endingOf(call) } : last;
}

/**
 * @param {Call} call
 * @param {boolean} wasGuest
 */
function whoHasIt(call, wasGuest) {
  if (wasGuest) {
    return t("{agent} goes on alone", { agent: call.agent?.name ?? t("A colleague") });
  }
  if (call.status === "waiting" && call.answered_at !== null) {
    return t("The caller waits for a colleague");
  }
  return call.agent === null
    ? t("The sound did not start here in time, so the call rings for others")
    : t("{agent} took over this call", { agent: call.agent.name });
}

/**
 * How long it was talked, or null where it was not.
 * @param {Call} call
 */
export function talkSeconds(call) {
  if (call.answered_at === null || call.ended_at === null) {
    return null;
  }
  return secondsSince(call.answered_at, Date.parse(call.ended_at));
}

/**
 * How a call ended, for the agent who was in it.
 * @param {Call} call
 */
export function endingOf(call) {
  if (isDialing(call)) {
    return call.end_text ? t(call.end_text) : t("The call was not answered");
  }
  if (call.ended_by === "customer") {
    return call.direction === "outbound" ? t("They hung up") : t("The caller hung up");
  }
  if (call.ended_by === "agent") {
    return t("You hung up");
  }
  return call.end_text ? t(call.end_text) : t("The call ended");
}
