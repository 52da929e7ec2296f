import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { bell, microphone, speaker } from "../shell/icons.js";
import { myCall } from "../state/selectors.js";
import { audioCheckView, testRingButton } from "./audio-check-view.js";

/** @import {Device, Devices, Role} from "../../audio/devices.js" */
/** @import {AudioChecker} from "./audio-check.js" */
/** @import {TestRing} from "./test-ring.js" */
/** @import {State} from "../state/state.js" */

/**
 * @typedef {object} DeviceCommands
 * @property {(role: Role, id: string) => void} useDevice
 * @property {TestRing} testRing
 * @property {AudioChecker} audioCheck
 */

/** The ID under which Chromium lists the system's own choice. */
const SYSTEM = "default";

/**
 * Show which microphone and speaker are used, and whether the agent is heard.
 * @param {State} state
 * @param {Devices} devices
 * @param {boolean} talking whether the call shows the levels already
 * @param {DeviceCommands} commands
 */
export function devicesView(state, devices, talking, commands) {
  const { microphones, microphoneId, speakers, speakerId, ringerId } = devices;
  const picker = (
    /** @type {Role} */ role,
    /** @type {Device[]} */ list,
    /** @type {string} */ chosen,
  ) => devicePicker(list, chosen, role, (id) => commands.useDevice(role, id));
  return html`<section class="panel" aria-labelledby="audio-heading">
      <h2 id="audio-heading">${t("Audio")}</h2>
      <label class="field"><span>${microphone()} ${t("Microphone")}</span>${picker("microphone", microphones, microphoneId)}</label>
      ${
        state.open && !talking
          ? html`<level-meter label=${t("Your voice")} data-level="microphone"></level-meter>`
          : nothing
      }
      <label class="field"><span>${speaker()} ${t("Speaker")}</span>${picker("speaker", speakers, speakerId)}</label>
      <div class="ring-row-fields">
        <label class="field"><span>${bell()} ${t("Ring on")}</span>${picker("ringer", speakers, ringerId)}</label>
        ${testRingButton(() => commands.testRing.press())}
      </div>
      <p class="hint">${soundHint(state, talking)}</p>
    </section>
    ${myCall(state) === null ? audioCheckView(state, commands.audioCheck) : nothing}`;
}

/**
 * @param {Device[]} devices
 * @param {string} chosen
 * @param {Role} role
 * @param {(id: string) => void} choose
 */
function devicePicker(devices, chosen, role, choose) {
  const change = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    choose(event.target.value);
  const listed = devices.some(({ deviceId }) => deviceId === (chosen || SYSTEM));
  return html`<select id=${role} @change=${change} ?disabled=${devices.length === 0}>
    ${listed ? nothing : html`<option value="">${t("System default")}</option>`}
    ${devices.map(
      ({ deviceId, label }) =>
        html`<option value=${deviceId} .selected=${deviceId === (chosen || SYSTEM)}>
          ${label}
        </option>`,
    )}
  </select>`;
}

/**
 * @param {State} state
 * @param {boolean} talking
 */
function soundHint(state, talking) {
  if (talking) {
    return t("You can change devices during the call.");
  }
  return state.open
    ? t("Say something: the bar follows your voice.")
    : t("Your devices appear here once you go available.");
}
