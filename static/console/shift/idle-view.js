import { html, nothing } from "../../vendor/lit-html.js";
import { formatDuration, spokenDuration } from "../shell/clock.js";
import { marked, t } from "../shell/i18n.js";
import { cup, headset } from "../shell/icons.js";

/** @import {State} from "../state/state.js" */

/** @type {Record<string, {title: string, text: string}>} */
const WORDS = {
  available: {
    title: marked("Ready for calls"),
    text: marked(
      "The next caller rings here, with a sound and a desktop notification.",
    ),
  },
  on_break: {
    title: marked("No calls ring here"),
    text: marked("Go available when your break is over."),
  },
  wrap_up: {
    title: marked("No calls ring here"),
    text: marked("The next one may ring when the wrap-up is over."),
  },
  offline: {
    title: marked("No calls ring here"),
    text: marked(
      "Go available to take calls. The browser will ask for your microphone once.",
    ),
  },
};
const MUTE = {
  title: marked("You are not reachable"),
  text: marked("Calls go to other agents until this is fixed."),
};
const ELSEWHERE = {
  title: marked("Your calls are in another window"),
  text: marked("If the other window closes, this one takes over."),
};
const UNKNOWN = {
  title: marked("Just a moment"),
  text: marked("The console is connecting."),
};
const CUT_OFF = {
  title: marked("No connection"),
  text: marked("No calls ring here until the connection is back."),
};

/**
 * No call: what to expect now, and how the last call ended.
 * @param {State} state
 */
export function idleView(state) {
  const { title, text } = wordsFor(state);
  const isReady = state.agent?.state === "available" && state.shift.primary;
  const resting = state.connection !== "online" || !isReady;
  return html`<section class="idle" data-resting=${resting}>
    <div class="idle-picture">${state.agent?.state === "on_break" ? cup() : headset()}</div>
    <h2>${t(title)}</h2>
    <p>${t(text)}</p>
    <div aria-live="polite">${lastCall(state)}</div>
  </section>`;
}

/** @param {State} state */
function wordsFor({ connection, agent, shift }) {
  if (connection === "lost" || connection === "refused") {
    return CUT_OFF;
  }
  if (!shift.primary) {
    return ELSEWHERE;
  }
  if (agent?.state === "cannot_ring") {
    return MUTE;
  }
  return WORDS[agent?.state ?? ""] ?? UNKNOWN;
}

/** @param {State} state */
function lastCall({ lastCall: last }) {
  if (last === null) {
    return nothing;
  }
  return html`<dl class="last-call">
    <div>
      <dt>${t("Last call")}</dt>
      <dd><bdi translate="no">${last.name}</bdi></dd>
    </div>
    <div>
      <dt>${last.isWhole ? t("Talk time") : t("Your time on the call")}</dt>
      <dd>
        ${
          last.seconds === null
            ? t("None")
            : html`<span aria-label=${spokenDuration(last.seconds)}
              >${formatDuration(last.seconds)}</span
            >`
        }
      </dd>
    </div>
    <div>
      <dt>${t("How it ended")}</dt>
      <dd>${last.text}</dd>
    </div>
  </dl>`;
}
