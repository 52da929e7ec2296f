/** Each participant of a call, and what keeps them from talking with the others. Pure. */

import { t } from "../shell/i18n.js";
import { callerName } from "./labels.js";
import { consultedLeg } from "./participants.js";
import { hasAudio } from "./roles.js";
import { isSame } from "./snapshot.js";

/** @import {Agent, Call, Named} from "./snapshot.js" */

/**
 * Return a row for each participant, the caller first.
 * @param {Call} call
 * @param {Agent | null} agent who reads it
 * @param {boolean} isMuted whether that agent is
 * @returns {{name: string, what: string}[]}
 */
export function participantRows(call, agent, isMuted) {
  const asked = consultedLeg(call);
  const row = (/** @type {Named} */ one, /** @type {boolean} */ muted) => {
    const isMe = isSame(one, agent);
    return {
      name: isMe ? t("You") : one.name,
      what: agentWords(call, one, isMe ? isMuted : muted),
    };
  };
  return [
    { name: callerName(call), what: call.status === "held" ? t("hears music") : "" },
    ...(call.agent === null ? [] : [row(call.agent, call.muted)]),
    ...(asked === null ? [] : [row(asked.agent, false)]),
  ];
}

/**
 * @param {Call} call
 * @param {Named} agent
 * @param {boolean} isMuted
 */
function agentWords(call, agent, isMuted) {
  const leg = call.legs?.find((one) => isSame(one.agent, agent));
  if (leg?.state === "ringing") {
    return t("is ringing");
  }
  if (!hasAudio(call, agent)) {
    return leg?.audio === "connecting" ? t("connecting") : t("not connected");
  }
  return isMuted ? t("muted") : "";
}
