/** The reason why a call rings here, in words. */

import { t } from "../shell/i18n.js";
import { callerName } from "../state/labels.js";
import { ringKind, waitingSince } from "../state/snapshot.js";

/** @import {Agent, Call} from "../state/snapshot.js" */

/**
 * Return what stands above the caller's name; nothing for a call that just came by its
 * queue.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function ringReason(call, agent) {
  if (call.training) {
    return t("Training call: a recorded voice, no customer");
  }
  const colleague = call.from_agent?.name || t("A colleague");
  const caller = callerName(call);
  switch (ringKind(call, agent)) {
    case "transfer":
      return t("Transfer from {agent}", { agent: colleague });
    case "consult":
      return t("Consult from {agent} about {caller}", { agent: colleague, caller });
    case "sticky":
      return t("Spoke with you last time");
    default:
      return "";
  }
}

/**
 * Return what a notification and the page's title say.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function ringHeadline(call, agent) {
  const kind = ringKind(call, agent);
  return kind === "consult" || kind === "transfer"
    ? ringReason(call, agent)
    : t("{caller} is calling", { caller: callerName(call) });
}

/**
 * Return what the time beside a ringing call counts: the caller's waiting once the
 * system has answered, which a new ring attempt does not begin anew.
 * @param {Call} call
 * @returns {{since: string, kind: "rings" | "waits" | "held" | "talks"}}
 */
export function waitOf(call) {
  if (call.status === "waiting") {
    return { since: waitingSince(call), kind: "waits" };
  }
  if (call.status === "held") {
    return { since: call.held_since ?? waitingSince(call), kind: "held" };
  }
  if (call.status === "active") {
    return { since: call.answered_at ?? waitingSince(call), kind: "talks" };
  }
  return { since: call.created_at, kind: "rings" };
}
