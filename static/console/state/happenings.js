/**
 * What has happened to this agent's part in a call, or to a colleague's in this agent's
 * call. Told from the snapshots: the words for it stand in news-words.js. Pure.
 *
 * @typedef {"nothing" | "answered" | "you_declined" | "you_took_another" | "taken"
 *   | "not_answered" | "no_ring" | "ring_stopped" | "consult_cancelled"
 *   | "caller_hung_up" | "contact_hung_up" | "you_hung_up" | "you_hung_up_on_all"
 *   | "owner_hung_up" | "ended"
 *   | "you_left" | "you_were_removed" | "you_handed_over" | "you_transferred"
 *   | "call_transferred" | "call_taken_over"
 *   | "you_were_disconnected" | "your_audio_failed"
 *   | "colleague_declined" | "colleague_not_answered" | "colleague_no_ring"
 *   | "colleague_ring_stopped" | "colleague_left" | "colleague_removed"
 *   | "colleague_disconnected" | "colleague_audio_failed" | "handed_to_you"
 *   | "disconnected_to_you" | "call_is_gone"} Happening
 */

import { consultedLeg } from "./participants.js";
import { isGuest, isInCall, isRingingAt, isSame, ringKind } from "./snapshot.js";

/** @import {Agent, Call, Leg, LeftPart, Named} from "./snapshot.js" */

/**
 * @typedef {object} News
 * @property {Happening} what
 * @property {Named | null} who the other agent it is about
 */

/** @type {News} */
const NOTHING = { what: "nothing", who: null };

/**
 * Return the newest part of an agent in the call that is over.
 * @param {Call} call
 * @param {Named | null} agent
 * @returns {LeftPart | null}
 */
export function leftPart(call, agent) {
  return (call.left ?? []).findLast((part) => isSame(part.agent, agent)) ?? null;
}

/**
 * Return what has happened since the snapshot before, as far as this agent has to know.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @param {boolean} isBusy whether the agent has another call now
 * @returns {News}
 */
export function happened(previous, call, agent, isBusy) {
  if (isRingingAt(previous, agent)) {
    return isRingingAt(call, agent)
      ? NOTHING
      : ringStopped(previous, call, agent, isBusy);
  }
  if (!isInCall(previous, agent)) {
    return NOTHING;
  }
  if (!isInCall(call, agent)) {
    const who = isGuest(previous, agent) ? previous.agent : null;
    return { what: endOfPart(call, agent), who };
  }
  return isSame(call.agent, agent) ? colleagueGone(previous, call, agent) : NOTHING;
}

/** @type {Record<string, Happening>} */
const RING_ENDS = {
  declined: "you_declined",
  taken: "taken",
  no_answer: "not_answered",
  console: "no_ring",
};

/**
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @param {boolean} isBusy
 * @returns {News}
 */
function ringStopped(previous, call, agent, isBusy) {
  if (isInCall(call, agent)) {
    return { what: "answered", who: null };
  }
  const how = call.ring_ends?.[String(agent?.id)] ?? "";
  if (how === "declined") {
    return { what: "you_declined", who: null };
  }
  if (call.status === "ended") {
    return { what: endOfCall(call, agent), who: previous.agent };
  }
  if (isBusy) {
    return { what: "you_took_another", who: null };
  }
  const isConsult = ringKind(previous, agent) === "consult";
  if (Object.hasOwn(RING_ENDS, how)) {
    return { what: RING_ENDS[how], who: isConsult ? previous.agent : call.agent };
  }
  if (isConsult) {
    return { what: whyCancelled(previous, call), who: previous.agent };
  }
  return { what: call.agent === null ? "ring_stopped" : "taken", who: call.agent };
}

/**
 * Tell why a consult rings no more: its agent took it back, or is not in the call.
 * @param {Call} previous
 * @param {Call} call
 * @returns {Happening}
 */
function whyCancelled(previous, call) {
  if (isSame(previous.agent, call.agent)) {
    return "consult_cancelled";
  }
  const because = leftPart(call, previous.agent)?.because ?? "";
  return OWNER_PARTS[because] ?? "call_transferred";
}

/** @type {Record<string, Happening>} */
const OWNER_PARTS = {
  console: "colleague_disconnected",
  taken_over: "call_taken_over",
};

/** @type {Record<string, Happening>} */
const PARTS = {
  left: "you_left",
  removed: "you_were_removed",
  handed_over: "you_handed_over",
  transferred: "call_transferred",
  taken_over: "call_taken_over",
  console: "you_were_disconnected",
  no_audio: "your_audio_failed",
};

/**
 * Tell how this agent's part in the call ended, from its snapshot alone.
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {Happening}
 */
export function endOfPart(call, agent) {
  const part = leftPart(call, agent);
  const because = part?.because ?? "";
  if (because === "transferred" && part?.mode === "talk") {
    return "you_transferred";
  }
  if (Object.hasOwn(PARTS, because)) {
    return PARTS[because];
  }
  return call.status === "ended" ? endOfCall(call, agent) : "call_is_gone";
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {Happening}
 */
function endOfCall(call, agent) {
  if (call.answered_at === null && call.direction === "outbound") {
    return "ended"; // the server's sentence says how far it came
  }
  if (call.ended_by === "customer") {
    return call.direction === "outbound" ? "contact_hung_up" : "caller_hung_up";
  }
  if (call.end_reason === "console_lost" && isSame(call.agent, agent)) {
    return "you_were_disconnected";
  }
  if (call.ended_by !== "agent" || call.agent === null) {
    return "ended";
  }
  if (!isSame(call.agent, agent)) {
    return "owner_hung_up";
  }
  const isAmong = (/** @type {LeftPart} */ { agent: other, because }) =>
    because === "call_ended" && !isSame(other, agent);
  return (call.left ?? []).some(isAmong) ? "you_hung_up_on_all" : "you_hung_up";
}

/** @type {Record<string, Happening>} */
const COLLEAGUE_PARTS = {
  left: "colleague_left",
  removed: "colleague_removed",
  console: "colleague_disconnected",
  no_audio: "colleague_audio_failed",
};

/** @type {Record<string, Happening>} */
const COLLEAGUE_RINGS = {
  declined: "colleague_declined",
  no_answer: "colleague_not_answered",
  console: "colleague_no_ring",
};

/**
 * Tell what became of the colleague whom this agent had asked, or who had asked them.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {News}
 */
function colleagueGone(previous, call, agent) {
  if (!isSame(previous.agent, agent)) {
    const isLost = leftPart(call, previous.agent)?.because === "console";
    const what = isLost ? "disconnected_to_you" : "handed_to_you";
    return { what, who: previous.agent };
  }
  const before = consultedLeg(previous);
  if (before === null || isSame(before.agent, consultedLeg(call)?.agent ?? null)) {
    return NOTHING;
  }
  return { what: howGone(before, call), who: before.agent };
}

/**
 * @param {Leg} before
 * @param {Call} call
 * @returns {Happening}
 */
function howGone({ agent, state }, call) {
  if (state === "ringing") {
    const how = call.ring_ends?.[String(agent.id)] ?? "";
    return COLLEAGUE_RINGS[how] ?? "colleague_ring_stopped";
  }
  return COLLEAGUE_PARTS[leftPart(call, agent)?.because ?? ""] ?? "colleague_left";
}
