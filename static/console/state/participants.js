/**
 * Who of ours is in a call, and what this agent's own part in it is. Everything is read
 * from the call's snapshot alone, so that a page just loaded knows as much.
 *
 * @typedef {"none" | "talk" | "held" | "asking" | "consulting" | "three_way" | "guest"} Part
 *   talk: alone with the caller; held: the caller hears music and nobody else is there;
 *   asking: a colleague's console rings; consulting: with the colleague, the caller hears
 *   music; three_way: with both; guest: in a colleague's call
 */

import { t } from "../shell/i18n.js";
import { callerName, isGuest, isSame, soundCall } from "./calls.js";

/** @import {Agent, Call, Leg} from "./calls.js" */
/** @import {Situation} from "../call/quality.js" */
/** @import {State} from "./store.js" */

/**
 * The colleague who was asked into this agent's call; there is one at most.
 * @param {Call} call
 * @returns {Leg | null}
 */
export function askedLeg(call) {
  const isAsked = (/** @type {Leg} */ leg) => !isSame(leg.agent, call.agent);
  return (call.legs ?? []).find(isAsked) ?? null;
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {Part}
 */
export function partOf(call, agent) {
  if (call.status === "ended") {
    return "none";
  }
  if (!isSame(call.agent, agent)) {
    return isGuest(call, agent) ? "guest" : "none";
  }
  if (call.status !== "active" && call.status !== "held") {
    return "none";
  }
  const asked = askedLeg(call);
  if (asked === null) {
    return call.status === "held" ? "held" : "talk";
  }
  if (asked.state === "ringing") {
    return "asking";
  }
  return call.status === "held" ? "consulting" : "three_way";
}

/**
 * Whether the agent hears the caller now, and the caller the agent.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isWithCaller(call, agent) {
  return call.status === "active" && partOf(call, agent) !== "none";
}

/**
 * Whether there is anybody for this agent to talk with: on hold and alone, silence is
 * as it should be.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isTalking(call, agent) {
  const part = partOf(call, agent);
  return isWithCaller(call, agent) || part === "consulting" || part === "guest";
}

/**
 * Who hears whom, in one sentence; empty while there is nothing out of the ordinary.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function situationWords(call, agent) {
  const values = {
    caller: callerName(call),
    colleague: askedLeg(call)?.agent.name ?? "",
    owner: call.agent?.name ?? "",
  };
  const isWith = isWithCaller(call, agent);
  const words = {
    none: () => "",
    talk: () => t("You talk with {caller}.", values),
    held: () => t("{caller} hears music.", values),
    asking: () =>
      isWith
        ? t("{colleague} is ringing. {caller} hears you.", values)
        : t("{colleague} is ringing. {caller} hears music.", values),
    consulting: () => t("You talk with {colleague}. {caller} hears music.", values),
    three_way: () => t("You, {caller} and {colleague} hear each other.", values),
    guest: () =>
      isWith
        ? t("You, {caller} and {owner} hear each other.", values)
        : t("{owner} asks you about {caller}, who hears music.", values),
  };
  return words[partOf(call, agent)]();
}

/**
 * What there is to hear in this page now.
 * @param {State} state
 * @returns {Situation}
 */
export function situationOf(state) {
  const call = soundCall(state);
  return {
    audio: state.audio,
    muted: state.mute.muted,
    talking: call !== null && isTalking(call, state.agent),
    caller: call !== null && isWithCaller(call, state.agent),
  };
}
