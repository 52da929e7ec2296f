/** The buttons of one call's row, and what is true while the supervisor is in a call. */
import { t } from "../console/shell/i18n.js";
import { html, nothing } from "../vendor/lit-html.js";
import { ACTIONS, isPossible, speaks, statusOf, whoHears } from "./labels.js";

/** @import {Mode, Supervision} from "./labels.js" */
/** @import {State, SteppingIn} from "./stepping-in.js" */
/**
 * @typedef {object} CallNow as far as the page knows it
 * @property {string} id
 * @property {string} status
 * @property {string | null} agent
 */

const MODES = /** @type {Mode[]} */ (Object.keys(ACTIONS));

/**
 * What stands in the actions' cell of a call.
 *
 * @param {SteppingIn} steppingIn
 * @param {CallNow} call
 */
export function actionsView(steppingIn, call) {
  const { state } = steppingIn;
  const here = partIn(state, call.id);
  return html`<div class="stepping-in" data-mode=${here?.mode ?? "none"}>
    ${here === null ? nothing : statusView(state, here)}
    <div class="stepping-in-buttons" role="group" aria-label=${t("Step in")}>
      ${here?.mode === "take_over" ? nothing : modesView(steppingIn, here, call)}
      ${here === null ? nothing : leavingView(steppingIn, here)}
    </div>
    ${noticeView(steppingIn, call.id)}
  </div>`;
}

/**
 * What stands beside one of many calls: the ways into it.
 *
 * @param {SteppingIn} steppingIn
 * @param {CallNow} call
 */
export function rowView(steppingIn, call) {
  const here = partIn(steppingIn.state, call.id);
  if (here?.mode === "take_over" || !isPossible("listen", here ?? call)) return nothing;
  return html`<div class="stepping-in" data-mode=${here?.mode ?? "none"}>
    <div class="stepping-in-buttons" role="group" aria-label=${t("Step in")}>
      ${modesView(steppingIn, here, call)}
    </div>
  </div>`;
}

/**
 * What stands at the foot of a page with many calls, wherever the row of theirs is.
 *
 * @param {SteppingIn} steppingIn
 */
export function barView(steppingIn) {
  const { supervision, notice } = steppingIn.state;
  if (supervision === null) {
    return notice === null
      ? nothing
      : html`<div class="stepping-in">${noticeView(steppingIn, notice.call)}</div>`;
  }
  const { call, contact, queue } = supervision;
  return html`<p class="stepping-in-call"><strong><bdi translate="no">${contact.name || contact.number}</bdi></strong>
      ${queue}</p>
    ${actionsView(steppingIn, { ...supervision, id: call })}`;
}

/**
 * @param {State} state
 * @param {string} call
 */
function partIn({ supervision }, call) {
  return supervision?.call === call ? supervision : null;
}

/**
 * @param {SteppingIn} steppingIn
 * @param {Supervision | null} here
 * @param {CallNow} call
 */
function modesView(steppingIn, here, call) {
  const { asked } = steppingIn.state;
  return MODES.map(
    (mode) => html`<button type="button" class="step step-${mode}"
      aria-pressed=${here === null ? nothing : String(here.mode === mode)}
      ?disabled=${asked !== null || !isPossible(mode, here ?? call)}
      @click=${() => steppingIn.stepIn(call.id, mode)}>${t(ACTIONS[mode])}</button>`,
  );
}

/** @param {SteppingIn} steppingIn @param {Supervision} here */
function leavingView(steppingIn, { mode }) {
  const { muted, asked } = steppingIn.state;
  const mute = html`<button type="button" class="step step-mute"
    aria-pressed=${String(muted)}
    @click=${() => steppingIn.toggleMute()}>${muted ? t("Unmute") : t("Mute")}</button>`;
  const takesOver = mode === "take_over";
  return html`${speaks(mode) ? mute : nothing}
    ${takesOver ? hangUpView(steppingIn) : nothing}
    <button type="button" class="step step-stop" ?disabled=${asked !== null}
      @click=${() => steppingIn.stop()}>${t("Stop")}</button>
    ${takesOver ? html`<span>${t("Stop sends the caller to the front of the queue.")}</span>` : nothing}`;
}

/** @param {SteppingIn} steppingIn */
function hangUpView(steppingIn) {
  return html`<button type="button" class="step step-hang-up"
    ?disabled=${steppingIn.state.asked !== null}
    @click=${() => steppingIn.hangUp()}>${t("Hang up")}</button>`;
}

/** @param {State} state @param {Supervision} here */
function statusView(state, here) {
  return html`<p class="stepping-in-status">
    <span role="status" aria-label=${t("Supervision")} class="stepping-in-mode"
      >${statusOf(here)}</span>
    <span class="stepping-in-hearing" aria-live="polite">${hearing(state, here)}</span>
  </p>`;
}

/** @param {State} state @param {Supervision} here */
function hearing(state, here) {
  if (state.connection === "lost") {
    return t("The connection to the server is lost. Reconnecting…");
  }
  if (state.audio === "replaced") return t("You hear this call in another window.");
  if (here.audio_url === null) return t("There is nothing to hear now.");
  if (state.audio !== "connected") return t("Connecting the audio…");
  if (state.blocked) return t("Click anywhere to hear the call.");
  if (speaks(here.mode) && state.muted) {
    return t("Your microphone is muted. Nobody hears you.");
  }
  return whoHears(here);
}

/** @param {SteppingIn} steppingIn @param {string} call */
function noticeView(steppingIn, call) {
  const { notice } = steppingIn.state;
  if (notice === null || notice.call !== call) return nothing;
  const role = notice.tone === "problem" ? "alert" : "status";
  return html`<p class="stepping-in-notice ${notice.tone}" role=${role}>
    ${notice.text}
    <button type="button" class="step step-dismiss" aria-label=${t("Dismiss")}
      @click=${() => steppingIn.dismiss()}>×</button>
  </p>`;
}
