import { html, nothing } from "../../vendor/lit-html.js";
import { callStatus, isDialing, progressOf, soundCall } from "../calls.js";
import { handset, microphone, microphoneOff } from "./icons.js";
import { caller, keyHint, timer } from "./parts.js";

/** @import {Call} from "../calls.js" */
/** @import {Verdict} from "../quality.js" */
/** @import {State} from "../store.js" */
/** @import {Actions} from "./screen.js" */

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
    <div class="call-who">${caller(call, "caller-now")}</div>
    ${bigTimer(state, call, now)}
    ${here ? sound(call, quality, state.mute.muted) : elsewhere(actions)}
    ${buttons(state, call, here, actions)}
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
  if (call.answered_at === null || call.status !== "active") {
    return html`<p class="big-timer waiting">${callStatus(state)}…</p>`;
  }
  return html`<p class="big-timer">${timer(call.answered_at, now, "Talking for")}</p>`;
}

/**
 * Good sound needs no line of its own while the agent is muted, and sound that nobody
 * makes yet is neither good nor bad.
 * @param {Call} call
 * @param {Verdict} quality
 * @param {boolean} muted
 */
function sound(call, quality, muted) {
  const isPoor = quality.grade === "fair" || quality.grade === "bad";
  const isTold = !isDialing(call) && (!muted || isPoor);
  const other = call.direction === "outbound" ? "Customer" : "Caller";
  return html`<div class="sound">
    <level-meter label="Your voice" data-level="microphone"></level-meter>
    <level-meter
      label=${other}
      data-level="speaker"></level-meter>
    <div class="sound-notes" aria-live="polite">
      ${
        muted
          ? html`<p class="muted-note">
              ${microphoneOff()} You are muted. The ${other.toLowerCase()} cannot hear you.
            </p>`
          : nothing
      }
      ${
        isTold
          ? html`<p class="quality" data-grade=${quality.grade}>${quality.text}</p>`
          : nothing
      }
    </div>
  </div>`;
}

/** @param {Actions} actions */
function elsewhere(actions) {
  return html`<div class="elsewhere">
    <p>The sound of this call is in another window.</p>
    <button type="button" class="button" @click=${actions.takeSound}>
      Take over here
    </button>
  </div>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {boolean} here
 * @param {Actions} actions
 */
function buttons(state, call, here, actions) {
  const { muted } = state.mute;
  return html`<div class="call-buttons">
    <button
      type="button"
      class=${muted ? "button large is-on" : "button large"}
      aria-keyshortcuts="M"
      ?disabled=${!here}
      @click=${actions.toggleMute}
    >
      ${muted ? microphoneOff() : microphone()} ${muted ? "Unmute" : "Mute"}
      ${keyHint("M")}
    </button>
    <button
      type="button"
      class="button large hang-up"
      aria-keyshortcuts="H"
      ?disabled=${state.asked[call.id] !== undefined || state.connection !== "online"}
      @click=${actions.hangUp}
    >
      ${handset()} Hang up ${keyHint("H")}
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
    <p class="big-timer waiting">Connecting…</p>
  </section>`;
}
