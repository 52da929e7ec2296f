import { html, nothing } from "../../vendor/lit-html.js";
import { duration, timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { microphoneOff } from "../shell/icons.js";
import { wordsFor } from "../state/call-words.js";
import { progressLabel } from "../state/labels.js";
import { phaseOf } from "../state/participants.js";
import { audioCall } from "../state/selectors.js";
import { isDialing, legOf } from "../state/snapshot.js";
import { callerView } from "./caller-view.js";
import { consultView, participantsView } from "./consult-view.js";
import { controlsView } from "./controls-view.js";
import { rewindView } from "./rewind-view.js";
import { supervisorsView } from "./supervisors-view.js";
import { talkSeconds } from "./talk-clock.js";

/** @import {AudioRating} from "../audio-devices/audio-check-rating.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {CallWords} from "../state/call-words.js" */
/** @import {State} from "../state/state.js" */
/** @import {CallCommands} from "./controls.js" */

/**
 * Show the call this agent is in.
 * @param {State} state
 * @param {Call} call
 * @param {AudioRating} quality
 * @param {number} now
 * @param {CallCommands} commands
 */
export function inCallView(state, call, quality, now, commands) {
  const here = audioCall(state) !== null;
  const words = wordsFor(state, call);
  return html`<section class="card call-card" aria-labelledby="caller-now">
    <div class="call-who">
      ${callerView(call, "caller-now")}
      <div class="call-times">${bigTimer(state, call, words, now)}</div>
    </div>
    ${supervisorsView(call)} ${consultView(state, call, words.text, commands.transfer)}
    ${controlsView(state, call, here, commands)}
    ${here ? sound(state, call, words, quality) : elsewhere(words, commands)}
    ${here ? rewindView(state, call, commands.rewind) : nothing}
    ${participantsView(state, call)}
  </section>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {CallWords} words
 * @param {number} now
 */
function bigTimer(state, call, words, now) {
  if (isDialing(call)) {
    return html`<p class="big-timer waiting" aria-live="polite" translate="no">
      ${progressLabel(call)}…
    </p>`;
  }
  const phase = phaseOf(call, state.agent);
  if (call.answered_at === null || phase === "none") {
    return html`<p class="big-timer waiting" translate="no">${t(words.status)}…</p>`;
  }
  if (phase === "guest") {
    const since = legOf(call, state.agent)?.joined_at;
    return html`<p class="big-timer">${timer(since, now, t("You are on the call for"))}</p>`;
  }
  const talked = duration(talkSeconds(call, now) ?? 0, t("Talk time"));
  if (call.status !== "held") {
    return html`<p class="big-timer">${talked}</p>`;
  }
  return html`<p class="big-timer held">
      ${timer(call.held_since, now, t("On hold for"))}
    </p>
    <p class="whole-time">${t("On hold")} · ${t("Talk time")} ${talked}</p>`;
}

/**
 * Show the levels of both sides, and what disturbs them. Good audio needs no line of its
 * own while the agent is muted, and audio that is not there is neither good nor bad.
 * @param {State} state
 * @param {Call} call
 * @param {CallWords} words
 * @param {AudioRating} quality
 */
function sound(state, call, words, quality) {
  const { muted } = state.mute;
  const isPoor = quality.grade === "fair" || quality.grade === "bad";
  const isTold = !isDialing(call) && quality.text !== "" && (!muted || isPoor);
  return html`<div class="audio">
    <level-meter label=${t("You")} data-level="microphone"></level-meter>
    <level-meter label=${words.heard} data-level="speaker"></level-meter>
    <div class="audio-notes" aria-live="polite">
      ${muted ? html`<p class="muted-note">${microphoneOff()} ${words.muted}</p>` : nothing}
      ${
        isTold
          ? html`<p class="quality" data-grade=${quality.grade}>
              <strong>${quality.text}</strong>
              ${quality.advice ? html`<span>${quality.advice}</span>` : nothing}
            </p>`
          : nothing
      }
    </div>
  </div>`;
}

/**
 * @param {CallWords} words
 * @param {CallCommands} commands
 */
function elsewhere(words, commands) {
  return html`<div class="elsewhere">
    <p>${words.elsewhere}</p>
    <button type="button" class="button" @click=${commands.takeAudio}>
      ${t("Move the audio here")}
    </button>
  </div>`;
}

/**
 * Show the call between the click on Answer and the server's confirmation.
 * @param {Call} call
 */
export function answeringView(call) {
  return html`<section class="card call-card" aria-labelledby="caller-now">
    <div class="call-who">${callerView(call, "caller-now")}</div>
    <p class="big-timer waiting" translate="no">${t("Connecting")}…</p>
  </section>`;
}
