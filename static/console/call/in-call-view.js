import { html, nothing } from "../../vendor/lit-html.js";
import { caller, timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { microphoneOff } from "../shell/icons.js";
import { callStatus, isDialing, progressOf, soundCall } from "../state/calls.js";
import { askedLeg, partOf } from "../state/participants.js";
import { partiesView, situationView } from "./consult-view.js";
import { callButtons } from "./controls-view.js";

/** @import {Call} from "../state/calls.js" */
/** @import {Verdict} from "./quality.js" */
/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

/**
 * The call this agent is in.
 * @param {State} state
 * @param {Call} call
 * @param {Verdict} quality
 * @param {number} now
 * @param {Actions} actions
 */
export function inCallView(state, call, quality, now, actions) {
  const here = soundCall(state) !== null;
  return html`<section class="card call-card" aria-labelledby="caller-now">
    <div class="call-who">
      ${caller(call, "caller-now")}
      <div class="call-times">${bigTimer(state, call, now)}</div>
    </div>
    ${situationView(state, call, actions)}
    ${callButtons(state, call, here, actions)}
    ${here ? sound(state, call, quality) : elsewhere(actions)}
    ${partiesView(call, state.agent)}
  </section>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 */
function bigTimer(state, call, now) {
  if (isDialing(call)) {
    return html`<p class="big-timer waiting" aria-live="polite">${progressOf(call)}…</p>`;
  }
  if (call.answered_at === null || partOf(call, state.agent) === "none") {
    return html`<p class="big-timer waiting">${t(callStatus(state))}…</p>`;
  }
  const whole = timer(call.answered_at, now, t("Talking for"));
  if (call.status !== "held") {
    return html`<p class="big-timer">${whole}</p>`;
  }
  return html`<p class="big-timer held">
      ${timer(call.held_since, now, t("On hold for"))}
    </p>
    <p class="whole-time">${t("Call time")} ${whole}</p>`;
}

/**
 * Good sound needs no line of its own while the agent is muted, and sound that nobody
 * makes is neither good nor bad.
 * @param {State} state
 * @param {Call} call
 * @param {Verdict} quality
 */
function sound(state, call, quality) {
  const { muted } = state.mute;
  const isPoor = quality.grade === "fair" || quality.grade === "bad";
  const isTold = !isDialing(call) && quality.text !== "" && (!muted || isPoor);
  return html`<div class="sound">
    <level-meter label=${t("Your voice")} data-level="microphone"></level-meter>
    <level-meter label=${otherSide(state, call)} data-level="speaker"></level-meter>
    <div class="sound-notes" aria-live="polite">
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
 * Who is heard here.
 * @param {State} state
 * @param {Call} call
 */
function otherSide({ agent }, call) {
  const part = partOf(call, agent);
  if (part === "three_way" || (part === "guest" && call.status === "active")) {
    return t("The others");
  }
  if (part === "consulting" || part === "guest") {
    return (part === "guest" ? call.agent : askedLeg(call)?.agent)?.name ?? "";
  }
  return call.direction === "outbound" ? t("Customer") : t("Caller");
}

/** @param {Call} call */
function mutedWords(call) {
  if (askedLeg(call) !== null) {
    return t("You are muted. Nobody hears you.");
  }
  return call.direction === "outbound"
    ? t("You are muted. The customer cannot hear you.")
    : t("You are muted. The caller cannot hear you.");
}

/** @param {Actions} actions */
function elsewhere(actions) {
  return html`<div class="elsewhere">
    <p>${t("The sound of this call is in another window.")}</p>
    <button type="button" class="button" @click=${actions.takeSound}>
      ${t("Take over here")}
    </button>
  </div>`;
}

/**
 * Between the click on Answer and the server's word that the call is ours.
 * @param {Call} call
 */
export function answeringView(call) {
  return html`<section class="card call-card" aria-labelledby="caller-now">
    <div class="call-who">${caller(call, "caller-now")}</div>
    <p class="big-timer waiting">${t("Connecting")}…</p>
  </section>`;
}
