import { html, nothing } from "../../vendor/lit-html.js";
import { microphone, speaker } from "./icons.js";

/**
 * @typedef {import("../store.js").State} State
 * @typedef {import("./screen.js").Actions} Actions
 * @typedef {{deviceId: string, label: string}} Device
 * @typedef {{microphones: Device[], speakers: Device[], microphoneId: string,
 *   speakerId: string}} Devices
 */

/**
 * Which microphone and speaker, and whether the agent is heard.
 * @param {State} state
 * @param {Devices} devices
 * @param {boolean} talking whether the call shows the levels already
 * @param {Actions} actions
 */
export function sidePanelView(state, devices, talking, actions) {
  return html`<section class="panel" aria-labelledby="sound-heading">
      <h2 id="sound-heading">Sound</h2>
      <label class="field">
        <span>${microphone()} Microphone</span>
        ${picker(devices.microphones, devices.microphoneId, actions.useMicrophone)}
      </label>
      ${
        state.open && !talking
          ? html`<level-meter label="You" data-level="microphone"></level-meter>`
          : nothing
      }
      <label class="field">
        <span>${speaker()} Speaker</span>
        ${picker(devices.speakers, devices.speakerId, actions.useSpeaker)}
      </label>
      <p class="hint">${soundHint(state)}</p>
    </section>
    <section class="panel quiet">
      <button type="button" class="link-button" @click=${actions.help}>
        Keyboard shortcuts <kbd aria-hidden="true">?</kbd>
      </button>
    </section>`;
}

/**
 * @param {Device[]} devices
 * @param {string} chosen
 * @param {(id: string) => void} choose
 */
function picker(devices, chosen, choose) {
  const change = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    choose(event.target.value);
  return html`<select @change=${change} ?disabled=${devices.length === 0}>
    ${devices.length === 0 ? html`<option>System default</option>` : nothing}
    ${devices.map(
      ({ deviceId, label }) =>
        html`<option value=${deviceId} .selected=${deviceId === chosen}>
          ${label}
        </option>`,
    )}
  </select>`;
}

/** @param {State} state */
function soundHint(state) {
  return state.open
    ? "Say something: the bar above follows your voice."
    : "The names of your devices appear once you go available.";
}
