/**
 * Questions about the console's state, each answered from the state alone.
 *
 * @typedef {{id: number | string, name: string}} Named
 * @typedef {{state: "on_break" | "offline", reason: string}} NextState
 * @typedef {Named & {version: number, state: string, state_since: string | null,
 *   reason?: string, until?: string | null, next_state?: NextState | null}} Agent
 * @typedef {{agent: Named, mode: "talk" | "consult", state: "ringing" | "joined",
 *   joined_at: string | null}} Leg
 * @typedef {"queue" | "transfer" | "consult" | "sticky"} OfferKind
 * @typedef {object} Call
 * @property {string} id
 * @property {number} version
 * @property {"inbound" | "outbound"} direction
 * @property {"ringing" | "dialing" | "connecting" | "active" | "held" | "waiting"
 *   | "ended"} status waiting: the system has answered, music plays
 * @property {"" | "placed" | "ringing"} [progress] of a call out
 * @property {{id?: number | string | null, name: string, number: string}} contact
 * @property {string} queue
 * @property {(number | string)[]} offered_to
 * @property {Record<string, OfferKind>} [offer_kinds] by the agent's id
 * @property {Named | null} [from_agent] who transfers the call or asks about it
 * @property {Named | null} agent whose call it is
 * @property {Leg[]} [legs] everybody of ours in the call or invited into it
 * @property {string | null} audio_url
 * @property {boolean} muted
 * @property {string} created_at
 * @property {string | null} [queued_at] since when the caller waits
 * @property {string | null} [held_since]
 * @property {number} [hold_seconds] holds that are over
 * @property {string | null} [console_lost_until]
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {string} ended_by
 * @property {string} end_reason
 * @property {string} end_text
 */

import { marked, t } from "../shell/i18n.js";
import { isWrapUp } from "./shift.js";

/** @import {State} from "./store.js" */

const UNKNOWN = marked("Unknown WhatsApp user");

const AGENT_STATES = new Map([
  ["available", marked("Available")],
  ["cannot_ring", marked("Cannot ring")],
  ["ringing", marked("Ringing")],
  ["in_call", marked("In call")],
  ["reconnecting", marked("Reconnecting")],
  ["wrap_up", marked("Wrap-up")],
  ["on_break", marked("On break")],
  ["offline", marked("Offline")],
]);

/**
 * @param {Named | null} one
 * @param {Named | null} other
 */
export function isSame(one, other) {
  return one !== null && other !== null && String(one.id) === String(other.id);
}

/**
 * Whether it rings at this agent's console: a call that nobody has, or one whose agent
 * asks for a colleague.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isOffered(call, agent) {
  if (agent === null || isHeld(call, agent)) {
    return false;
  }
  const isFree = call.status === "ringing" || call.status === "waiting";
  const isRunning = call.status === "active" || call.status === "held";
  return (
    ((isFree && call.agent === null) || isRunning) &&
    call.offered_to.some((id) => String(id) === String(agent.id))
  );
}

/**
 * What the call rings here for.
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {OfferKind}
 */
export function offerKind(call, agent) {
  return call.offer_kinds?.[String(agent?.id)] ?? "queue";
}

/**
 * Whether this agent is in the call: it is theirs, or they have joined it as a guest.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isHeld(call, agent) {
  return call.status !== "ended" && (isSame(call.agent, agent) || isGuest(call, agent));
}

/**
 * Whether this agent has joined somebody else's call.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isGuest(call, agent) {
  const isOwn = isSame(call.agent, agent);
  return !isOwn && legOf(call, agent)?.state === "joined";
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function legOf(call, agent) {
  return call.legs?.find((leg) => isSame(leg.agent, agent)) ?? null;
}

/**
 * Whether the call has anything to do with this agent.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function concerns(call, agent) {
  if (call.status === "ended") {
    return false;
  }
  return (
    call.agent === null ||
    isHeld(call, agent) ||
    isOffered(call, agent) ||
    legOf(call, agent) !== null
  );
}

/**
 * Since when the caller waits.
 * @param {Call} call
 */
export function waitingSince(call) {
  return call.queued_at ?? call.created_at;
}

/**
 * The call this agent is in, whatever is left of it.
 * @param {State} state
 * @returns {Call | null}
 */
export function myCall(state) {
  return Object.values(state.calls).find((call) => isHeld(call, state.agent)) ?? null;
}

/**
 * The calls that ring here, longest first. Nothing rings in a page that another one has
 * replaced.
 * @param {State} state
 * @returns {Call[]}
 */
export function ringingCalls(state) {
  if (!state.shift.primary) {
    return [];
  }
  return Object.values(state.calls)
    .filter((call) => isOffered(call, state.agent) && !state.asked[call.id])
    .sort(
      (one, other) => Date.parse(waitingSince(one)) - Date.parse(waitingSince(other)),
    );
}

/**
 * The call whose sound belongs in this page: one that was answered here, or found
 * when the page was loaded. A second window only looks on.
 * @param {State} state
 */
export function soundCall(state) {
  const call = myCall(state);
  return call !== null && call.id === state.soundHere ? call : null;
}

/**
 * The call that was answered here, until the server says whose it is.
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
 * What the element "Call status" reads, before its translation.
 * @param {State} state
 */
export function callStatus(state) {
  const call = myCall(state);
  if (call !== null && (call.status === "active" || call.status === "held")) {
    return activeStatus(state, call);
  }
  if (state.connection !== "online") {
    return marked("Reconnecting");
  }
  if (call !== null) {
    return call.direction === "outbound" ? marked("Dialing") : marked("Connecting");
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
 * A lost console connection alone does not end the talk: the sound has its own.
 * @param {State} state
 * @param {Call} call
 */
function activeStatus(state, call) {
  if (call.id === state.soundHere && state.audio === "lost") {
    return marked("Reconnecting");
  }
  if (call.id === state.soundHere && state.audio === "connecting") {
    return state.hadSound ? marked("Reconnecting") : marked("Connecting");
  }
  return call.status === "held" && !isGuest(call, state.agent)
    ? marked("On hold")
    : marked("In call");
}

/**
 * What the element "Agent status" reads, before its translation.
 * @param {State} state
 */
export function agentStatus(state) {
  if (state.connection !== "online" || state.agent === null) {
    return marked("Reconnecting");
  }
  return stateWord(state.agent.state);
}

/**
 * An agent's state in words, also a colleague's.
 * @param {string} state
 */
export function stateWord(state) {
  return AGENT_STATES.get(state) ?? state;
}

/**
 * Who is on the line, in few words. WhatsApp may withhold the name, the number, or
 * both.
 * @param {Call} call
 */
export function callerName(call) {
  return call.contact.name || call.contact.number || t(UNKNOWN);
}

/**
 * The name for a card, where the number stands below.
 * @param {Call} call
 */
export function callerHeading(call) {
  return call.contact.name || t(UNKNOWN);
}

/**
 * The first letters of a name, for a picture of nobody's face.
 * @param {string} name
 */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = [words.at(0), words.length > 1 ? words.at(-1) : ""];
  return letters.map((word) => [...(word ?? "")].at(0) ?? "").join("") || "?";
}

/**
 * Whether it is a call out that nobody has answered yet.
 * @param {Call} call
 */
export function isDialing(call) {
  return call.direction === "outbound" && call.answered_at === null;
}

/**
 * How far a call out has come.
 * @param {Call} call
 */
export function progressOf(call) {
  return call.progress === "ringing" ? t("Ringing") : t("Placing the call");
}
