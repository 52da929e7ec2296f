import { html, nothing } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";
import { clockTime } from "../shell/times.js";

/** @import {Remedy} from "./readiness.js" */
/** @import {RingingWindow} from "../state/snapshot.js" */
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
    return state.connection === "online" ? elsewhere(state, commands) : nothing;
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
 * @param {State} state
 * @param {ReadinessCommands} commands
 */
function elsewhere({ agent, shift }, commands) {
  const cure = button(t("Use this window"), () => commands.useWindow());
  if (agent?.state === "cannot_ring") {
    const text = t("Your calls are in another window, which is not reachable.");
    return banner(text, t(agent.reason ?? ""), cure);
  }
  return banner(
    otherWindow(shift.window),
    t("If it closes, this one takes over."),
    cure,
  );
}

/** @param {RingingWindow | null} window the one that rings */
function otherWindow(window) {
  if (window === null) {
    return t("Your calls are in another window.");
  }
  const time = clockTime(window.opened_at);
  return window.browser
    ? t("Your calls are in another window: {browser}, opened at {time}.", {
        browser: window.browser,
        time,
      })
    : t("Your calls are in another window, opened at {time}.", { time });
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
