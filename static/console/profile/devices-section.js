import { html, nothing } from "../../vendor/lit-html.js";
import { devicePickers } from "../audio-devices/devices-view.js";
import { marked, t } from "../shell/i18n.js";

/** @import {Devices} from "../../audio/devices.js" */
/** @import {DeviceCommands} from "../audio-devices/devices-view.js" */

/** @type {Record<string, string>} why a browser does not open the microphone */
const PROBLEMS = {
  NotAllowedError: marked(
    "The browser does not let this page use the microphone. Allow it in the site settings beside the address, then try again.",
  ),
  NotFoundError: marked("There is no microphone. Plug one in, then try again."),
  NotReadableError: marked(
    "Another program uses the microphone. Close it, then try again.",
  ),
};

/**
 * @param {Devices} devices
 * @param {string} problem the name of the error; empty: none
 * @param {Pick<DeviceCommands, "useDevice" | "testRing">
 *   & {testTone: {press: () => void}, show: () => void}} commands
 */
export function devicesSection(devices, problem, commands) {
  const known = devices.microphones.length > 0;
  const failed = PROBLEMS[problem] ?? marked("The microphone could not be opened.");
  const tone = html`<button
    type="button"
    class="button small"
    @click=${() => commands.testTone.press()}
  >
    ${t("Test tone")}
  </button>`;
  return html`${devicePickers(devices, commands, nothing, tone)}
    ${
      known
        ? nothing
        : html`<button type="button" class="button" @click=${() => commands.show()}>
            ${t("Show the devices of this computer")}
          </button>`
    }
    ${problem ? html`<p class="problem" role="alert">${t(failed)}</p>` : nothing}
    <p class="hint">
      ${t("Kept in this browser only. A console that is open here uses them at once, also during a call.")}
    </p>`;
}
