/**
 * The large buttons of a call. Each keeps its place while the call goes on, so that none
 * slips under the pointer.
 */

import { html, nothing } from "../../vendor/lit-html.js";
import { keyHint } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import {
  arrow,
  handset,
  microphone,
  microphoneOff,
  pause,
  people,
  play,
} from "../shell/icons.js";
import { callerName } from "../state/calls.js";
import { partOf } from "../state/participants.js";
import { isWaiting } from "../state/transfer.js";

/** @import {Call} from "../state/calls.js" */
/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

/**
 * @typedef {object} Look
 * @property {unknown} icon
 * @property {string} label
 * @property {() => void} action
 * @property {boolean} disabled
 * @property {string} [key]
 * @property {string} [look] more classes
 * @property {string} [description] what it does, where the word alone does not say
 */

/**
 * @param {State} state
 * @param {Call} call
 * @param {boolean} here whether the sound of the call is in this page
 * @param {Actions} actions
 */
export function callButtons(state, call, here, actions) {
  const isGuest = partOf(call, state.agent) === "guest";
  return html`<div class="call-buttons">
    ${large(muteButton(state, here, actions))}
    ${
      isGuest
        ? nothing
        : html`${large(holdButton(state, call, actions))}
          ${large(transferButton(state, call, actions))}`
    }
    ${large(endButton(state, call, isGuest, actions))}
  </div>`;
}

/** @param {Look} look */
function large({
  icon,
  label,
  action,
  disabled,
  key = "",
  look = "",
  description = "",
}) {
  return html`<button
    type="button"
    class=${`button large ${look}`}
    aria-keyshortcuts=${key || nothing}
    title=${description || nothing}
    ?disabled=${disabled}
    @click=${action}
  >
    ${icon} ${label} ${key ? keyHint(key) : nothing}
  </button>`;
}

/**
 * @param {State} state
 * @param {boolean} here
 * @param {Actions} actions
 * @returns {Look}
 */
function muteButton({ mute }, here, actions) {
  return {
    icon: mute.muted ? microphoneOff() : microphone(),
    label: mute.muted ? t("Unmute") : t("Mute"),
    action: actions.toggleMute,
    disabled: !here,
    key: "M",
    look: mute.muted ? "is-on" : "",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {Actions} actions
 * @returns {Look}
 */
function holdButton(state, call, { desk: { transfer } }) {
  const isOn = call.status === "active" || call.status === "held";
  const disabled = isWaiting(state) || !isOn;
  if (partOf(call, state.agent) === "consulting") {
    const action = () => transfer.threeWay();
    return { icon: people(), label: t("Three-way call"), action, disabled, key: "O" };
  }
  const held = call.status === "held";
  return {
    icon: held ? play() : pause(),
    label: held ? t("Resume") : t("Hold"),
    action: () => transfer.toggleHold(),
    disabled,
    key: "O",
    look: held ? "is-on" : "",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {Actions} actions
 * @returns {Look}
 */
function transferButton(state, call, { desk: { transfer } }) {
  const part = partOf(call, state.agent);
  const disabled = isWaiting(state);
  const complete = () => transfer.complete();
  if (part === "consulting") {
    return { icon: arrow(), label: t("Complete transfer"), action: complete, disabled };
  }
  if (part === "three_way") {
    return { icon: arrow(), label: t("Leave the call"), action: complete, disabled };
  }
  return {
    icon: arrow(),
    label: t("Transfer"),
    action: () => transfer.open(),
    disabled: disabled || (part !== "talk" && part !== "held"),
    key: "T",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {boolean} isGuest
 * @param {Actions} actions
 * @returns {Look}
 */
function endButton({ asked, agent, connection }, call, isGuest, actions) {
  const isThree = partOf(call, agent) === "three_way";
  const values = { caller: callerName(call) };
  return {
    icon: handset(),
    label: isGuest ? t("Leave") : t("Hang up"),
    action: actions.hangUp,
    disabled: asked[call.id] !== undefined || connection !== "online",
    key: "H",
    look: "hang-up",
    description: isThree ? t("Ends the call for {caller} and everybody.", values) : "",
  };
}
