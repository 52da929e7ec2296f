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
  const meter =
    state.open && !talking
      ? html`<level-meter label=${t("Your voice")} data-level="microphone"></level-meter>`
      : nothing;
  return html`<section class="panel" aria-labelledby="audio-heading">
      <h2 id="audio-heading">${t("Audio")}</h2>
      ${devicePickers(devices, commands, meter)}
      <p class="hint">${soundHint(state, talking)}</p>
    </section>
    ${myCall(state) === null ? audioCheckView(state, commands.audioCheck) : nothing}`;
}

/**
 * Show what can be chosen in this browser, with a test of the ring.
 * @param {Devices} devices
 * @param {Pick<DeviceCommands, "useDevice" | "testRing">} commands
 * @param {unknown} meter what stands below the microphone
 * @param {unknown} [tone] what stands beside the speaker
 */
export function devicePickers(devices, commands, meter, tone = nothing) {
  return html`${deviceField("microphone", devices, commands, "microphone")} ${meter}
    ${
      tone === nothing
        ? deviceField("speaker", devices, commands, "speaker")
        : html`<div class="ring-row-fields">
            ${deviceField("speaker", devices, commands, "speaker")} ${tone}
          </div>`
    }
    <div class="ring-row-fields">
      ${deviceField("ringer", devices, commands, "ringer")}
      ${testRingButton(() => commands.testRing.press())}
    </div>`;
}

/**
 * @param {Role} role
 * @param {Devices} devices
 * @param {Pick<DeviceCommands, "useDevice">} commands
 * @param {string} [id] of the element; one page may show a device twice
 */
export function deviceField(role, devices, commands, id = "") {
  const { microphones, microphoneId, speakers, speakerId, ringerId } = devices;
  const change = (/** @type {string} */ id) => commands.useDevice(role, id);
  const looks = {
    microphone: [microphone(), t("Microphone"), microphones, microphoneId],
    speaker: [speaker(), t("Speaker"), speakers, speakerId],
    ringer: [bell(), t("Ring on"), speakers, ringerId],
  };
  const [icon, label, list, chosen] =
    /** @type {[unknown, string, Device[], string]} */ (looks[role]);
  return html`<label class="field"
    ><span>${icon} ${label}</span>${devicePicker(list, chosen, id, change)}</label
  >`;
}

/**
 * @param {Device[]} devices
 * @param {string} chosen
 * @param {string} name the id of the element, or empty
 * @param {(id: string) => void} choose
 */
function devicePicker(devices, chosen, name, choose) {
  const change = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    choose(event.target.value);
  const listed = devices.some(({ deviceId }) => deviceId === (chosen || SYSTEM));
  return html`<select id=${name || nothing} @change=${change} ?disabled=${devices.length === 0}>
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
