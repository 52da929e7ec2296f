import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";

/** @import {ContactForm, State} from "../state/state.js" */
/** @import {PeopleCommands} from "./commands.js" */

/**
 * Show the form of a contact, new or known.
 * @param {State} state
 * @param {ContactForm} form
 * @param {PeopleCommands} commands
 */
export function contactForm({ connection }, form, commands) {
  const isNew = form.contact === null;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    commands.save();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") commands.closeForm();
  };
  const busy = form.request !== 0;
  return html`<form
    class="contact-form"
    aria-labelledby="contact-form-heading"
    novalidate
    @submit=${submit}
    @keydown=${press}
  >
    <h3 id="contact-form-heading">${isNew ? t("Add contact") : t("Edit contact")}</h3>
    ${field("name", t("Name"), "text", form.name, commands)}
    ${field("number", t("Number"), "tel", form.number, commands)}
    <p id="contact-problem" class="field-problem" role="alert">${form.problem}</p>
    ${form.readings.length > 0 ? readings(form, commands) : nothing}
    <div class="name-buttons">
      <button class="button small primary" ?disabled=${busy || connection !== "online"}>
        ${busy ? t("Saving…") : t("Save")}
      </button>
      <button type="button" class="button small" @click=${() => commands.closeForm()}>
        ${t("Cancel")}
      </button>
    </div>
  </form>`;
}

/**
 * @param {"name" | "number"} name
 * @param {string} label
 * @param {string} type
 * @param {string} value
 * @param {PeopleCommands} commands
 */
function field(name, label, type, value, commands) {
  const typed = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
    commands.change({ [name]: event.target.value });
  return html`<label class="field">
    <span>${label}</span>
    <input
      id=${`contact-form-${name}`}
      type=${type}
      autocomplete="off"
      spellcheck="false"
      maxlength="200"
      aria-describedby="contact-problem"
      .value=${value}
      @input=${typed}
    />
  </label>`;
}

/**
 * Ask which number is meant.
 * @param {ContactForm} form
 * @param {PeopleCommands} commands
 */
function readings({ readings: numbers }, commands) {
  return html`<div class="readings" role="group" aria-labelledby="contact-readings">
    <p id="contact-readings">${t("Which number is meant?")}</p>
    ${numbers.map(
      ({ number, name }) => html`<button
        type="button"
        class="button small"
        @click=${() => commands.chooseNumber(number)}
      >
        <span translate="no" class="number">${number}</span> ${name}
      </button>`,
    )}
  </div>`;
}
