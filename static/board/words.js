/** What states and steps are called on the board. */

import { marked, t } from "../console/shell/i18n.js";
import { stateLabel } from "../console/state/labels.js";

/** @import {Level} from "./levels.js" */
/** @import {Agent, Call, Step} from "./snapshot.js" */

const CALL_STATES = new Map([
  ["ringing", marked("Ringing")],
  ["waiting", marked("Waiting")],
  ["announcement", marked("Announcement")],
  ["dialing", marked("Dialing")],
  ["connecting", marked("Connecting")],
  ["active", marked("In call")],
  ["held", marked("On hold")],
]);

const STEPS = new Map([
  ["inbound", marked("Called {who}")],
  ["outbound", marked("Called from {who}")],
  ["rings", marked("Rings at {who}")],
  ["no_answer", marked("{who} did not answer")],
  ["declined", marked("{who} declined")],
  ["console", marked("{who}'s console could not ring")],
  ["consulted", marked("{who} was consulted")],
  ["music", marked("Queued with music")],
  ["back", marked("Back in the queue")],
  ["hold", marked("Hold")],
  ["resumed", marked("Resumed")],
  ["transferred", marked("Transferred")],
  ["requeued", marked("Agent disconnected, back in the queue")],
]);

const UNHEARD = new Map([
  ["customer", marked("The caller is not heard")],
  ["agent", marked("The agent is not heard")],
  ["both", marked("Neither side is heard")],
]);

const LEVELS = new Map([
  ["warn", marked("Warning")],
  ["alarm", marked("Alarm")],
]);

/** @param {string} status */
export function callState(status) {
  return t(CALL_STATES.get(status) ?? status);
}

/** @param {Agent} agent */
export function agentState(agent) {
  return t(stateLabel(agent.state));
}

/** @param {Step} step */
export function stepWords({ what, who }) {
  if (what === "agent") {
    return who;
  }
  return t(STEPS.get(what) ?? what, { who: who || t("an unknown number") });
}

/** @param {Level} level */
export function levelWord(level) {
  return level === "" ? "" : t(LEVELS.get(level) ?? level);
}

/** @param {Call} call */
export function callTrouble(call) {
  if (call.console_lost_until !== null) {
    return t("The agent's console is disconnected");
  }
  return call.unheard === "" ? "" : t(UNHEARD.get(call.unheard) ?? "");
}

/** @param {Call} call */
export function callerOf(call) {
  return call.name || call.number || t("Unknown WhatsApp user");
}

/**
 * Return the state that follows, if the agent has chosen one.
 * @param {Agent} agent
 */
export function nextWords(agent) {
  const states = new Map([
    ["on_break", t("then a break")],
    ["offline", t("then offline")],
  ]);
  return states.get(agent.next) ?? "";
}
