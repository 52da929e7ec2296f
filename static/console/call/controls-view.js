/**
 * The large buttons of a call. Each keeps its place while the call goes on, so that none
 * slips under the pointer.
 */

import { html, nothing } from "../../vendor/lit-html.js";
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
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { callerName } from "../state/labels.js";
import { phaseOf } from "../state/participants.js";
import { isWaiting } from "../state/transfer.js";
import { isByKey } from "./ending.js";

/** @import {CallCommands} from "./controls.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * @typedef {object} Look
 * @property {unknown} icon
 * @property {string} label
 * @property {(click: MouseEvent) => void} action
 * @property {boolean} disabled
 * @property {string} [key] what the table of keys names it
 * @property {string} [look] more classes
 * @property {string} [description] what it does, where the word alone does not say
 */

/**
 * @param {State} state
 * @param {Call} call
 * @param {boolean} here whether the audio of the call is in this page
 * @param {CallCommands} commands
 */
export function controlsView(state, call, here, commands) {
  const isGuest = phaseOf(call, state.agent) === "guest";
  return html`<div class="call-buttons">
    ${large(muteButton(state, here, commands))}
    ${
      isGuest
        ? nothing
        : html`${large(holdButton(state, call, commands))}
          ${large(transferButton(state, call, commands))}`
    }
    ${large(endButton(state, call, isGuest, commands))}
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
    aria-keyshortcuts=${ariaKeys(key)}
    title=${description || nothing}
    ?disabled=${disabled}
    @click=${action}
  >
    ${icon} ${label} ${keyHint(key)}
  </button>`;
}

/**
 * @param {State} state
 * @param {boolean} here
 * @param {CallCommands} commands
 * @returns {Look}
 */
function muteButton({ mute }, here, { controls }) {
  return {
    icon: mute.muted ? microphoneOff() : microphone(),
    label: mute.muted ? t("Unmute") : t("Mute"),
    action: () => controls.toggleMute(),
    disabled: !here,
    key: "mute",
    look: mute.muted ? "is-on" : "",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {CallCommands} commands
 * @returns {Look}
 */
function holdButton(state, call, { transfer }) {
  const isOn = call.status === "active" || call.status === "held";
  const disabled = isWaiting(state) || !isOn;
  if (phaseOf(call, state.agent) === "consulting") {
    const action = () => transfer.threeWay();
    return {
      icon: people(),
      label: t("Three-way call"),
      action,
      disabled,
      key: "hold",
    };
  }
  const held = call.status === "held";
  return {
    icon: held ? play() : pause(),
    label: held ? t("Resume") : t("Hold"),
    action: () => transfer.toggleHold(),
    disabled,
    key: "hold",
    look: held ? "is-on" : "",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {CallCommands} commands
 * @returns {Look}
 */
function transferButton(state, call, { transfer }) {
  const phase = phaseOf(call, state.agent);
  const disabled = isWaiting(state);
  const complete = () => transfer.complete();
  if (phase === "consulting") {
    return { icon: arrow(), label: t("Complete transfer"), action: complete, disabled };
  }
  if (phase === "three_way") {
    return { icon: arrow(), label: t("Leave the call"), action: complete, disabled };
  }
  return {
    icon: arrow(),
    label: t("Transfer"),
    action: () => transfer.open(),
    disabled: disabled || (phase !== "talk" && phase !== "held"),
    key: "transfer",
  };
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {boolean} isGuest
 * @param {CallCommands} commands
 * @returns {Look}
 */
function endButton({ asked, agent, connection }, call, isGuest, { ending }) {
  const isThree = phaseOf(call, agent) === "three_way";
  const values = { caller: callerName(call) };
  return {
    icon: handset(),
    label: isGuest ? t("Leave") : t("Hang up"),
    action: (click) => ending.hangUp(isByKey(click)),
    disabled: asked[call.id] !== undefined || connection !== "online",
    key: "hang_up",
    look: "hang-up",
    description: isThree
      ? t("Ends the call for everyone, including {caller}.", values)
      : "",
  };
}
