import { html, nothing } from "../../vendor/lit-html.js";
import { formatDuration, spokenDuration } from "../clock.js";
import { cup, headset } from "./icons.js";

/** @import {State} from "../store.js" */

/** @type {Record<string, {title: string, text: string}>} */
const WORDS = {
  available: {
    title: "Ready for calls",
    text: "The next caller rings here, with a sound and a desktop notification.",
  },
  on_break: {
    title: "You are on a break",
    text: "No calls ring here until you go available again.",
  },
  wrap_up: {
    title: "Wrap-up",
    text: "No calls ring here until the wrap-up is over.",
  },
  offline: {
    title: "You are offline",
    text: "Go available to take calls. The browser will ask for your microphone once.",
  },
};
const MUTE = {
  title: "Calls cannot ring here",
  text: "They go to others until this is over.",
};
const ELSEWHERE = {
  title: "Open in another window",
  text: "Calls ring in the newer window of this console.",
};
const UNKNOWN = { title: "Just a moment", text: "The console is connecting." };
const CUT_OFF = {
  title: "No connection",
  text: "Calls cannot ring here until the connection is back.",
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
    <h2>${title}</h2>
    <p>${text}</p>
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
      <dt>Last call</dt>
      <dd>${last.name}</dd>
    </div>
    <div>
      <dt>Talk time</dt>
      <dd>
        ${
          last.seconds === null
            ? "None"
            : html`<span aria-label=${spokenDuration(last.seconds)}
              >${formatDuration(last.seconds)}</span
            >`
        }
      </dd>
    </div>
    <div>
      <dt>Ending</dt>
      <dd>${last.text}</dd>
    </div>
  </dl>`;
}
