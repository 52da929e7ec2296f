/** What a row of the agent's own calls says. Pure. */

import { t } from "../shell/i18n.js";
import { when } from "../shell/times.js";

/** @import {OwnCall} from "../state/state.js" */

/** @param {OwnCall} call */
export function kindWords({ kind, direction }) {
  if (kind === "placed") {
    return t("Placed");
  }
  if (kind === "missed") {
    return t("Missed");
  }
  return direction === "outbound" ? t("Taken over") : t("Answered");
}

/**
 * Say how it went; of a call that was missed here, who answered it.
 * @param {OwnCall} call
 */
export function outcomeWords({ kind, result, agent, seconds }) {
  if (kind === "missed" && agent !== "") {
    return t("Answered by {agent}", { agent });
  }
  return kind === "answered" && seconds !== null ? "" : t(result);
}

/**
 * Say whether somebody has called back, and with what success; nothing where that is no
 * question.
 * @param {OwnCall} call
 * @param {number} now
 */
export function callBackWords({ to_call_back, called_back: later }, now) {
  if (to_call_back) {
    return t("Not called back yet");
  }
  if (later === null) {
    return "";
  }
  const values = { agent: later.agent, when: when(later.at, now) };
  if (later.direction === "inbound") {
    return later.agent === ""
      ? t("Called again {when}", values)
      : t("Called again, answered by {agent}: {when}", values);
  }
  return later.answered
    ? t("Called back by {agent}: {when}", values)
    : t("Called back by {agent}, no answer: {when}", values);
}
