import { html, nothing } from "../../vendor/lit-html.js";
import { timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { microphoneOff } from "../shell/icons.js";
import { progressLabel } from "../state/labels.js";
import { consultedLeg, phaseOf } from "../state/participants.js";
import { audioCall, callStatus } from "../state/selectors.js";
import { isDialing } from "../state/snapshot.js";
import { callerView } from "./caller-view.js";
import { consultView, participantsView } from "./consult-view.js";
import { controlsView } from "./controls-view.js";

/** @import {AudioRating} from "../audio-devices/audio-check-rating.js" */
/** @import {Call} from "../state/snapshot.js" */
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
  return html`<section class="card call-card" aria-labelledby="caller-now">
    <div class="call-who">
      ${callerView(call, "caller-now")}
      <div class="call-times">${bigTimer(state, call, now)}</div>
    </div>
    ${consultView(state, call, commands.transfer)}
    ${controlsView(state, call, here, commands)}
    ${here ? sound(state, call, quality) : elsewhere(commands)}
    ${participantsView(call, state.agent)}
  </section>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 */
function bigTimer(state, call, now) {
  if (isDialing(call)) {
    return html`<p class="big-timer waiting" aria-live="polite">${progressLabel(call)}…</p>`;
  }
  if (call.answered_at === null || phaseOf(call, state.agent) === "none") {
    return html`<p class="big-timer waiting">${t(callStatus(state))}…</p>`;
  }
  const whole = timer(call.answered_at, now, t("Talk time"));
  if (call.status !== "held") {
    return html`<p class="big-timer">${whole}</p>`;
  }
  return html`<p class="big-timer held">
      ${timer(call.held_since, now, t("On hold for"))}
    </p>
    <p class="whole-time">${t("Call time")} ${whole}</p>`;
}

/**
 * Show the levels of both sides, and what disturbs them. Good audio needs no line of its
 * own while the agent is muted, and audio that is not there is neither good nor bad.
 * @param {State} state
 * @param {Call} call
 * @param {AudioRating} quality
 */
function sound(state, call, quality) {
  const { muted } = state.mute;
  const isPoor = quality.grade === "fair" || quality.grade === "bad";
  const isTold = !isDialing(call) && quality.text !== "" && (!muted || isPoor);
  return html`<div class="audio">
    <level-meter label=${t("Your voice")} data-level="microphone"></level-meter>
    <level-meter label=${otherSide(state, call)} data-level="speaker"></level-meter>
    <div class="audio-notes" aria-live="polite">
      ${muted ? html`<p class="muted-note">${microphoneOff()} ${mutedWords(call)}</p>` : nothing}
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
 * Return who is heard here.
 * @param {State} state
 * @param {Call} call
 */
function otherSide({ agent }, call) {
  const phase = phaseOf(call, agent);
  if (phase === "three_way" || (phase === "guest" && call.status === "active")) {
    return t("Others");
  }
  if (phase === "consulting" || phase === "guest") {
    return (phase === "guest" ? call.agent : consultedLeg(call)?.agent)?.name ?? "";
  }
  return call.direction === "outbound" ? t("Customer") : t("Caller");
}

/** @param {Call} call */
function mutedWords(call) {
  if (consultedLeg(call) !== null) {
    return t("You are muted. No one can hear you.");
  }
  return call.direction === "outbound"
    ? t("You are muted. The customer cannot hear you.")
    : t("You are muted. The caller cannot hear you.");
}

/** @param {CallCommands} commands */
function elsewhere(commands) {
  return html`<div class="elsewhere">
    <p>${t("The audio of this call is in another window.")}</p>
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
    <p class="big-timer waiting">${t("Connecting")}…</p>
  </section>`;
}
