import { html, nothing } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";

/** @import {Remedy} from "./readiness.js" */
/** @import {State} from "../state/state.js" */

/**
 * @typedef {object} ReadinessCommands
 * @property {() => void} useWindow
 * @property {() => void} openAudio
 * @property {() => void} chooseMicrophone
 */

/**
 * Show, above everything, why no call can ring in this page, and the one thing to do
 * about it.
 * @param {State} state
 * @param {Remedy} remedy
 * @param {ReadinessCommands} commands
 */
export function readinessBanner(state, remedy, commands) {
  if (!state.shift.primary) {
    const text = t("This console is open in a newer window.");
    const advice = t("Calls ring there, and only there.");
    return banner(
      text,
      advice,
      button(t("Use this window"), () => commands.useWindow()),
    );
  }
  // A microphone that does not open has its own banner, with the same cure.
  const isTold = state.connection === "online" && state.audioProblem === "";
  if (!isTold || state.agent?.state !== "cannot_ring") {
    return nothing;
  }
  const { advice, cure } = cures(remedy, commands);
  const reason = state.agent.reason || marked("You are not reachable.");
  return banner(t(reason), advice, cure);
}

/**
 * @param {Remedy} remedy
 * @param {ReadinessCommands} commands
 */
function cures(remedy, commands) {
  switch (remedy) {
    case "audio":
      return {
        advice: t(
          "The browser blocks audio on this page until you press a button on it.",
        ),
        cure: button(t("Turn on audio"), commands.openAudio),
      };
    case "open":
      return {
        advice: t("Plug the headset in, or choose another microphone."),
        cure: button(t("Open the microphone"), commands.openAudio),
      };
    case "other":
      return {
        advice: t("Check whether it is muted on the headset, or choose another one."),
        cure: button(t("Choose another microphone"), commands.chooseMicrophone),
      };
    default:
      return { advice: "", cure: nothing };
  }
}

/**
 * @param {string} text
 * @param {string} advice
 * @param {unknown} cure
 */
function banner(text, advice, cure) {
  return html`<div class="banner">
    <p><strong>${text}</strong> ${advice}</p>
    ${cure}
  </div>`;
}

/**
 * @param {string} label
 * @param {() => void} action
 */
function button(label, action) {
  return html`<button type="button" class="button small" @click=${action}>
    ${label}
  </button>`;
}
