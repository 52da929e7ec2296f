/** Notices when another agent joins or leaves a consult without this agent's doing. */

import { t } from "../shell/i18n.js";
import { callerName } from "./labels.js";
import { consultedLeg } from "./participants.js";
import { isGuest, isInCall, isSame } from "./snapshot.js";
import { pendingTransfer } from "./transfer.js";

/** @import {Agent, Call, Leg} from "./snapshot.js" */
/** @import {Notice, State} from "./state.js" */

/**
 * Return the notice when another agent joins or leaves without this agent's doing.
 * @param {Call} previous
 * @param {Call} call
 * @param {State} state
 * @returns {Omit<Notice, "id" | "at"> | null}
 */
export function consultNotice(previous, call, state) {
  const verb = pendingTransfer(state)?.verb ?? "";
  if (call.status === "ended" || verb === "cancel_consult" || verb === "complete") {
    return null;
  }
  const text = isSame(call.agent, state.agent)
    ? whoWent(previous, call)
    : whoLeftMe(previous, call, state.agent);
  return text ? { who: "", text, tone: "info" } : null;
}

/**
 * @param {Call} previous
 * @param {Call} call
 */
function whoWent(previous, call) {
  const before = consultedLeg(previous);
  const isThere =
    before !== null && isSame(before.agent, consultedLeg(call)?.agent ?? null);
  if (before === null || isThere || !isSame(previous.agent, call.agent)) {
    return "";
  }
  return before.state === "joined"
    ? leftWords(before, call)
    : missedWords(before, call);
}

/**
 * @param {Leg} leg
 * @param {Call} call
 */
function leftWords({ agent }, call) {
  const values = { colleague: agent.name, caller: callerName(call) };
  return call.status === "held"
    ? t("{colleague} has left. {caller} is still on hold.", values)
    : t("{colleague} has left. You are on the call with {caller}.", values);
}

/**
 * @param {Leg} leg
 * @param {Call} call
 */
function missedWords({ agent }, call) {
  const values = { colleague: agent.name, caller: callerName(call) };
  return call.status === "held"
    ? t("{colleague} did not take the call. {caller} is still on hold.", values)
    : t("{colleague} did not take the call.", values);
}

/**
 * Return the notice for a consulted agent who is not needed any longer.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 */
function whoLeftMe(previous, call, agent) {
  const owner = previous.agent?.name ?? "";
  const isOut = isGuest(previous, agent) && !isInCall(call, agent);
  return isOut && owner
    ? t("{colleague} continues the call without you.", { colleague: owner })
    : "";
}
