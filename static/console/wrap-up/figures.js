/** The figures of a call that is over for this agent, as the call log has them. Pure. */

import { formatDuration } from "../shell/clock.js";
import { t } from "../shell/i18n.js";
import { timeOn } from "../state/last-call.js";

/** @import {Agent, Call} from "../state/snapshot.js" */

/**
 * Return what is worth saying: how long, how long on hold, and by how many agents.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function figuresOf(call, agent) {
  const { isWhole, seconds } = timeOn(call, agent);
  const time = seconds === null ? "" : formatDuration(seconds);
  const held = call.hold_seconds ?? 0;
  const agents = call.agents_on_call ?? 0;
  return [
    time &&
      (isWhole
        ? t("Talk time: {time}", { time })
        : t("Your time on the call: {time}", { time })),
    isWhole && held > 0 ? t("Hold time: {time}", { time: formatDuration(held) }) : "",
    agents > 1 ? t("Agents on the call: {count}", { count: agents }) : "",
  ].filter(Boolean);
}
