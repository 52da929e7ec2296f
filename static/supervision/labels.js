/** What each way of being in a call is called, and what is true while one is in it. */
import { marked, t } from "../console/shell/i18n.js";

/** @typedef {"listen" | "whisper" | "barge" | "take_over"} Mode */
/**
 * @typedef {object} Supervision as in docs/supervision-websocket.md
 * @property {string} call
 * @property {Mode} mode
 * @property {string} status
 * @property {string | null} agent
 * @property {{name: string, number: string}} contact
 * @property {string} queue
 * @property {boolean} agent_is_told
 * @property {string | null} audio_url
 */

/** @type {Record<Mode, string>} */
export const ACTIONS = {
  listen: marked("Listen"),
  whisper: marked("Whisper"),
  barge: marked("Barge"),
  take_over: marked("Take over"),
};

/** @type {Record<Mode, string>} */
const STATUSES = {
  listen: marked("Listening"),
  whisper: marked("Whispering"),
  barge: marked("In the call"),
  take_over: marked("In the call"),
};

const TALKING = ["active", "held"];
/** In which a server has the audio, and the caller is there. */
const HEARD = ["waiting", "connecting", ...TALKING];

/** @param {Mode} mode */
export function speaks(mode) {
  return mode !== "listen";
}

/** @param {Supervision} supervision */
export function statusOf({ mode }) {
  return t(STATUSES[mode]);
}

/**
 * Return who hears the supervisor, in one sentence.
 *
 * @param {Supervision} supervision
 */
export function whoHears(supervision) {
  const { mode, status, agent, agent_is_told: isTold } = supervision;
  if (mode === "listen") return listening(agent, isTold);
  if (!TALKING.includes(status) && mode === "whisper") {
    return t("No agent is on the call now. Nobody hears you.");
  }
  if (mode === "whisper") {
    return agent === null
      ? t("No agent is on the call now. Nobody hears you.")
      : t("Only {agent} hears you.", { agent });
  }
  if (status === "held") {
    return t("On hold: {agent} hears you, the caller hears music.", {
      agent: agent ?? "",
    });
  }
  if (agent === null) return t("The caller hears you. No agent is on the call.");
  return t("{agent} and the caller hear you.", { agent });
}

/** @param {string | null} agent @param {boolean} isTold */
function listening(agent, isTold) {
  if (agent === null) return t("Nobody hears you. No agent is on the call now.");
  return isTold
    ? t("Nobody hears you. The console of {agent} says that you listen.", { agent })
    : t("Nobody hears you. {agent} is not told.", { agent });
}

/**
 * Return whether this way is possible now, as far as the page knows.
 *
 * @param {Mode} mode
 * @param {{status: string, agent: string | null}} call
 */
export function isPossible(mode, { status, agent }) {
  if (mode === "listen") return HEARD.includes(status);
  if (!TALKING.includes(status)) return false;
  return mode === "barge" || agent !== null;
}
