/**
 * Questions about the console's state, each answered from the state alone.
 *
 * @typedef {{id: number | string, name: string}} Named
 * @typedef {Named & {version: number, state: string, state_since: string | null}} Agent
 * @typedef {object} Call
 * @property {string} id
 * @property {number} version
 * @property {"inbound" | "outbound"} direction
 * @property {"ringing" | "dialing" | "connecting" | "active" | "ended"} status
 * @property {"" | "placed" | "ringing"} [progress] of a call out
 * @property {{name: string, number: string}} contact
 * @property {string} queue
 * @property {(number | string)[]} offered_to
 * @property {Named | null} agent
 * @property {string | null} audio_url
 * @property {boolean} muted
 * @property {string} created_at
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {string} ended_by
 * @property {string} end_reason
 * @property {string} end_text
 */

/** @import {State} from "./store.js" */

const UNKNOWN = "Unknown WhatsApp user";

const AGENT_STATES = new Map([
  ["available", "Available"],
  ["in_call", "In call"],
  ["on_break", "On break"],
  ["offline", "Offline"],
]);

/**
 * @param {Named | null} one
 * @param {Named | null} other
 */
export function isSame(one, other) {
  return one !== null && other !== null && String(one.id) === String(other.id);
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isOffered(call, agent) {
  return (
    agent !== null &&
    call.status === "ringing" &&
    call.agent === null &&
    call.offered_to.some((id) => String(id) === String(agent.id))
  );
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isHeld(call, agent) {
  return call.status !== "ended" && isSame(call.agent, agent);
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
 * The calls that ring here, longest first.
 * @param {State} state
 * @returns {Call[]}
 */
export function ringingCalls(state) {
  return Object.values(state.calls)
    .filter((call) => isOffered(call, state.agent) && !state.asked[call.id])
    .sort((one, other) => Date.parse(one.created_at) - Date.parse(other.created_at));
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
 * What the element "Call status" reads.
 * @param {State} state
 */
export function callStatus(state) {
  const call = myCall(state);
  if (call !== null && call.status === "active") {
    return activeStatus(state, call);
  }
  if (state.connection !== "online") {
    return "Reconnecting";
  }
  if (call !== null) {
    return call.direction === "outbound" ? "Dialing" : "Connecting";
  }
  if (answeredCall(state) !== null) {
    return "Connecting";
  }
  return ringingCalls(state).length > 0 ? "Ringing" : "Idle";
}

/**
 * A lost console connection alone does not end the talk: the sound has its own.
 * @param {State} state
 * @param {Call} call
 */
function activeStatus(state, call) {
  if (call.id === state.soundHere && state.audio === "lost") {
    return "Reconnecting";
  }
  if (call.id === state.soundHere && state.audio === "connecting") {
    return state.hadSound ? "Reconnecting" : "Connecting";
  }
  return "In call";
}

/**
 * What the element "Agent status" reads.
 * @param {State} state
 */
export function agentStatus(state) {
  if (state.connection !== "online" || state.agent === null) {
    return "Reconnecting";
  }
  return AGENT_STATES.get(state.agent.state) ?? state.agent.state;
}

/**
 * Who is on the line, in few words. WhatsApp may withhold the name, the number, or
 * both.
 * @param {Call} call
 */
export function callerName(call) {
  return call.contact.name || call.contact.number || UNKNOWN;
}

/**
 * The name for a card, where the number stands below.
 * @param {Call} call
 */
export function callerHeading(call) {
  return call.contact.name || UNKNOWN;
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
  return call.progress === "ringing" ? "Ringing" : "Placing the call";
}
