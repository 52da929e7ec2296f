/** Notices about calls that change without the agent's doing. */

import { secondsSince } from "../shell/clock.js";
import { t } from "../shell/i18n.js";
import { earliestText } from "../shell/times.js";
import { callerName } from "./labels.js";
import { isDialing, isGuest, isInCall, isRingingAt, isSame } from "./snapshot.js";

/** @import {Agent, Call} from "./snapshot.js" */
/** @import {LastCall, Notice, State} from "./state.js" */

const MOST_NOTICES = 3;

/**
 * Add a notice. The same thing may be told twice, by a call and by a refusal: it is
 * shown once.
 * @param {State} state
 * @param {Omit<Notice, "id" | "at">} notice
 * @param {number} now
 * @returns {State}
 */
export function withNotice(state, notice, now) {
  const plain = (/** @type {{text: string}} */ { text }) => text.replace(/\.$/, "");
  const same = state.notices.find((one) => plain(one) === plain(notice));
  const others = state.notices.filter((one) => one !== same);
  const id = 1 + Math.max(0, ...state.notices.map((one) => one.id));
  const fresh = {
    ...same,
    ...notice,
    who: notice.who || (same?.who ?? ""),
    id,
    at: now,
  };
  return { ...state, notices: [...others, fresh].slice(-MOST_NOTICES) };
}

/**
 * Return the notice for a call that rang here and now does not, or null.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @param {string} asked what this agent had asked for the call
 * @returns {Omit<Notice, "id" | "at"> | null}
 */
export function noticeAfter(previous, call, agent, asked) {
  const stopped = isRingingAt(previous, agent) && !isRingingAt(call, agent);
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
    return t("{agent} ended the consult", { agent: call.agent?.name ?? "" });
  }
  if (call.agent !== null) {
    return t("{agent} answered this call", { agent: call.agent.name });
  }
  if (call.status === "ended") {
    return endingOf(call);
  }
  return t("This call was offered to someone else");
}

/**
 * Return what stays on the screen of a call this agent was in, or null.
 * @param {Call | null} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {LastCall | null}
 */
export function lastCallAfter(previous, call, agent) {
  if (previous === null || !isInCall(previous, agent) || isInCall(call, agent)) {
    return null;
  }
  const hasEnded = call.status === "ended";
  const text = hasEnded ? endingOf(call) : whoHasIt(call, isGuest(previous, agent));
  const id = hasEnded ? call.id : null;
  return { id, name: callerName(call), text, seconds: talkSeconds(call) };
}

/**
 * Correct why the last call ended: the reason may be known only after its end.
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
    return t("{agent} continues without you", {
      agent: call.agent?.name ?? t("A colleague"),
    });
  }
  if (call.status === "waiting" && call.answered_at !== null) {
    return t("The caller is waiting for another agent");
  }
  return call.agent === null
    ? t("The audio did not start here in time, so the call rings for other agents")
    : t("{agent} took over this call", { agent: call.agent.name });
}

/**
 * Return how long it was talked, or null where it was not.
 * @param {Call} call
 */
export function talkSeconds(call) {
  if (call.answered_at === null || call.ended_at === null) {
    return null;
  }
  return secondsSince(call.answered_at, Date.parse(call.ended_at));
}

/**
 * Say how a call ended, to the agent who was in it.
 * @param {Call} call
 */
export function endingOf(call) {
  if (isDialing(call)) {
    const sentence = call.end_text ? t(call.end_text) : t("The call was not answered");
    const again = earliestText(call.retry_at ?? null, Date.parse(call.ended_at ?? ""));
    return [sentence, again].filter(Boolean).join(" ");
  }
  if (call.ended_by === "customer") {
    return call.direction === "outbound" ? t("They hung up") : t("The caller hung up");
  }
  if (call.ended_by === "agent") {
    return t("You hung up");
  }
  return call.end_text ? t(call.end_text) : t("The call ended");
}
