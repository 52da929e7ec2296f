import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { check, clock } from "../shell/icons.js";
import { fieldOf, problemOf, suggestions } from "./callback.js";

/** @import {State} from "../state/state.js" */
/** @import {Callback} from "../state/state.js" */
/** @import {WrapUpCommands} from "./commands.js" */

const LONGEST = 200;

/**
 * Show a button that opens the form, the form, or what came of it.
 * @param {State} state
 * @param {number} now
 * @param {WrapUpCommands} commands
 */
export function callbackView(state, now, commands) {
  const { callback } = state.shift;
  if (callback.open) {
    return form(state, callback, now, commands);
  }
  const open = () => commands.changeCallback({ open: true, done: "" });
  return html`<div class="callback-start">
    <button type="button" class="button small" @click=${open}>
      ${clock()} ${t("Schedule a callback")}
    </button>
    <p class="done" role="status">
      ${callback.done ? html`${check()} ${callback.done}` : nothing}
    </p>
  </div>`;
}

/**
 * @param {State} state
 * @param {Callback} callback
 * @param {number} now
 * @param {WrapUpCommands} commands
 */
function form(state, callback, now, commands) {
  const problem = problemOf(callback, now);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    commands.planCallback();
  };
  const busy = state.connection !== "online" || state.asked.callback !== undefined;
  return html`<form class="callback" aria-label=${t("Schedule a callback")} @submit=${submit}>
    ${timeField(callback, now, commands)} ${whoField(callback, commands)}
    ${whyField(callback, commands)}
    <div class="callback-buttons">
      <p id="callback-problem" class="hint">${problem || nothing}</p>
      <button
        type="button"
        class="button small"
        @click=${() => commands.changeCallback({ open: false })}
      >
        ${t("Cancel")}
      </button>
      <button
        class="button small primary"
        aria-describedby="callback-problem"
        ?disabled=${busy || problem !== ""}
      >
        ${t("Schedule")}
      </button>
    </div>
  </form>`;
}

/**
 * @param {Callback} callback
 * @param {number} now
 * @param {WrapUpCommands} commands
 */
function timeField({ at }, now, commands) {
  const change = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
    commands.changeCallback({ at: event.target.value });
  const earliest = Number.isNaN(now) ? nothing : fieldOf(now);
  return html`<div class="callback-when">
    <label class="field">
      <span>${t("When")}</span>
      <input type="datetime-local" min=${earliest} .value=${at} @input=${change} />
    </label>
    <div class="choices">
      ${(Number.isNaN(now) ? [] : suggestions(now)).map(
        (one) => html`<button
          type="button"
          class="choice-key"
          aria-pressed=${one.at === at}
          @click=${() => commands.changeCallback({ at: one.at })}
        >
          ${one.label}
        </button>`,
      )}
    </div>
  </div>`;
}

/**
 * @param {Callback} callback
 * @param {WrapUpCommands} commands
 */
function whoField({ mine }, commands) {
  const radio = (/** @type {boolean} */ value, /** @type {string} */ label) =>
    html`<label class="choice">
      <input
        type="radio"
        name="callback-who"
        .checked=${mine === value}
        @change=${() => commands.changeCallback({ mine: value })}
      />
      ${label}
    </label>`;
  return html`<fieldset class="callback-who">
    <legend>${t("Assigned to")}</legend>
    ${radio(true, t("Me"))} ${radio(false, t("Any available agent"))}
  </fieldset>`;
}

/**
 * @param {Callback} callback
 * @param {WrapUpCommands} commands
 */
function whyField({ text }, commands) {
  const typed = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
    commands.changeCallback({ text: event.target.value });
  return html`<label class="field">
    <span>${t("Why")}</span>
    <input
      type="text"
      maxlength=${LONGEST}
      placeholder=${t("For example: send the offer and ask again")}
      .value=${text}
      @input=${typed}
    />
  </label>`;
}
