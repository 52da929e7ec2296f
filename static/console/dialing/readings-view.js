import { html } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { countryName } from "./countries.js";

/** @import {Reading} from "../state/snapshot.js" */
/** @import {DialingCommands} from "./commands.js" */

/**
 * Ask which number is meant: what was typed may be several, or one of another country.
 * @param {Reading[]} readings
 * @param {DialingCommands} commands
 */
export function readingsView(readings, commands) {
  const question =
    readings.length === 1 ? t("Is this number meant?") : t("Which number is meant?");
  return html`<div class="readings" role="group" aria-labelledby="readings-question">
    <p id="readings-question">${question}</p>
    ${readings.map((reading) => readingButton(reading, commands))}
  </div>`;
}

/**
 * @param {Reading} reading
 * @param {DialingCommands} commands
 */
function readingButton({ number, country, name }, commands) {
  const choose = () => {
    // The button goes away; who uses the keyboard goes on in the field.
    document.getElementById("phone-number")?.focus();
    commands.chooseNumber(number);
  };
  const details = [countryName(country), name].filter(Boolean).join(" · ");
  return html`<button type="button" class="button" @click=${choose}>
    <span class="number" translate="no">${number}</span> ${details}
  </button>`;
}
