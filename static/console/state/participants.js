/**
 * Which agents are in a call, and what this agent's own part in it is. Everything is
 * read from the call's snapshot alone, so that a page just loaded knows as much.
 *
 * @typedef {"none" | "talk" | "held" | "asking" | "consulting" | "three_way" | "guest"}
 *   CallPhase
 *   talk: alone with the caller; held: the caller hears music and no colleague is there;
 *   asking: a colleague's console rings; consulting: with the colleague, the caller hears
 *   music; three_way: with both; guest: in a colleague's call
 */

import { isGuest, isSame } from "./snapshot.js";

/** @import {Agent, Call, Leg} from "./snapshot.js" */

/**
 * Return the colleague who was invited into this agent's call; there is one at most.
 * @param {Call} call
 * @returns {Leg | null}
 */
export function consultedLeg(call) {
  const isAsked = (/** @type {Leg} */ leg) => !isSame(leg.agent, call.agent);
  return (call.legs ?? []).find(isAsked) ?? null;
}

/**
 * Return which part this agent has in the call now.
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {CallPhase}
 */
export function phaseOf(call, agent) {
  if (call.status === "ended") {
    return "none";
  }
  if (!isSame(call.agent, agent)) {
    return isGuest(call, agent) ? "guest" : "none";
  }
  if (call.status !== "active" && call.status !== "held") {
    return "none";
  }
  const asked = consultedLeg(call);
  if (asked === null) {
    return call.status === "held" ? "held" : "talk";
  }
  if (asked.state === "ringing") {
    return "asking";
  }
  return call.status === "held" ? "consulting" : "three_way";
}

/**
 * Tell whether the agent hears the caller now, and the caller the agent.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isWithCaller(call, agent) {
  return call.status === "active" && phaseOf(call, agent) !== "none";
}
