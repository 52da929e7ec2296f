/**
 * Who this agent is in a call, and where the call's audio is for them: both read from
 * the snapshot and what this page knows of its own audio. Pure.
 *
 * @typedef {"none" | "rung" | "asked" | "dialing" | "connecting" | "talk" | "held"
 *   | "asking" | "asking_live" | "consulting" | "consulting_alone" | "consulting_soon"
 *   | "three_way" | "three_way_alone" | "consulted" | "consulted_alone" | "guest"
 *   | "guest_alone"} Role
 *   rung: it rings here; asked: it rings here for a consult; dialing, connecting: not
 *   connected yet; talk, held: alone with the caller; asking: a colleague's console
 *   rings, asking_live: the same while the caller listens; consulting, three_way: with a
 *   colleague who was consulted; consulted, guest: the same in a colleague's call;
 *   ..._alone: that colleague has no audio at the moment; consulting_soon: not yet
 *
 * @typedef {"here" | "other_window" | "connecting" | "reconnecting" | "nowhere"} Place
 */

import { consultedLeg, isWithCaller, phaseOf } from "./participants.js";
import { isDialing, isRingingAt, isSame, legOf, ringKind } from "./snapshot.js";

/** @import {Agent, Call, Named} from "./snapshot.js" */
/** @import {State} from "./state.js" */

/**
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {Role}
 */
export function roleIn(call, agent) {
  if (isRingingAt(call, agent)) {
    return ringKind(call, agent) === "consult" ? "asked" : "rung";
  }
  const phase = phaseOf(call, agent);
  if (phase === "guest") {
    return guestRole(call);
  }
  if (phase === "none") {
    return isSame(call.agent, agent) && call.status !== "ended" ? early(call) : "none";
  }
  const colleague = consultedLeg(call);
  if (phase === "asking") {
    return call.status === "held" ? "asking" : "asking_live";
  }
  const isAlone = colleague !== null && !hasAudio(call, colleague.agent);
  if (phase === "consulting" && colleague?.audio === "connecting") {
    return "consulting_soon";
  }
  return isAlone ? /** @type {Role} */ (`${phase}_alone`) : phase;
}

/**
 * @param {Call} call
 * @returns {Role}
 */
function early(call) {
  return isDialing(call) ? "dialing" : "connecting";
}

/**
 * @param {Call} call
 * @returns {Role}
 */
function guestRole(call) {
  const role = call.status === "held" ? "consulted" : "guest";
  const isThere = call.agent !== null && hasAudio(call, call.agent);
  return isThere ? role : /** @type {Role} */ (`${role}_alone`);
}

/**
 * Tell whether a participant hears and is heard.
 * @param {Call} call
 * @param {Named} agent
 */
export function hasAudio(call, agent) {
  return (legOf(call, agent)?.audio ?? "connected") === "connected";
}

const WITH_COLLEAGUE = ["consulting", "consulted"];

/**
 * Tell whether this agent has a person to talk with: on hold and alone, silence is as
 * it should be.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isTalking(call, agent) {
  return isWithCaller(call, agent) || WITH_COLLEAGUE.includes(roleIn(call, agent));
}

/**
 * Return where the audio of this agent's call is, seen from this page.
 * @param {State} state
 * @param {Call} call
 * @returns {Place}
 */
export function placeOf(state, call) {
  if (state.audioHere !== call.id) {
    const own = legOf(call, state.agent)?.audio;
    return own === "lost" ? "nowhere" : "other_window";
  }
  if (state.audioProblem !== "" && !state.open) {
    return "nowhere";
  }
  if (state.audio === "lost") {
    return "reconnecting";
  }
  const isPending = state.audio === "connecting" || state.audio === "idle";
  if (isPending) {
    return state.hadAudio ? "reconnecting" : "connecting";
  }
  return "here";
}

/**
 * Return the other agent there is or was in the call, for whoever asks.
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {Named | null}
 */
export function colleagueIn(call, agent) {
  const asked = consultedLeg(call)?.agent ?? null;
  return isSame(asked, agent) || asked === null ? otherOwner(call, agent) : asked;
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 */
function otherOwner(call, agent) {
  return isSame(call.agent, agent) ? null : call.agent;
}
