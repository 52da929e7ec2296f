/** The caller card: beside the call on a wide screen, below it on a narrow one. */

import { html, nothing } from "../../vendor/lit-html.js";
import { permissionNote } from "../dialing/permission-view.js";
import { formatDuration, spokenDuration } from "../shell/clock.js";
import { chatLink } from "../shell/elements.js";
import { plural, t } from "../shell/i18n.js";
import { clock } from "../shell/icons.js";
import { when } from "../shell/times.js";
import {
  CARD,
  cardName,
  cardPerson,
  earlierCalls,
  NAME,
} from "../state/caller-card.js";
import { initials } from "../state/labels.js";
import { isInCall } from "../state/snapshot.js";

/** @import {CallerCardCommands} from "./commands.js" */
/** @import {Call, ContactDetails, EarlierCall, OpenCallback} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 * @param {CallerCardCommands} commands
 */
export function callerCardView(state, call, now, commands) {
  const person = cardPerson(state, call);
  const isOut = call.direction === "outbound";
  return html`<h2 id="caller-card-heading">
      ${isOut ? t("Contact") : t("Caller")}
    </h2>
    ${personHead(state, call, commands)}
    ${person === null ? unknownYet(state, commands) : known(person, call, now)}`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {CallerCardCommands} commands
 */
function personHead(state, call, commands) {
  const name = cardName(state, call);
  const number = cardPerson(state, call)?.number || call.contact.number;
  return html`<div class="card-head">
      <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
      <div class="caller">
        <p class="card-name" data-unknown=${name === ""}>
          <bdi translate="no">${name || t("Unknown WhatsApp user")}</bdi>
        </p>
        <p class="number" translate="no">${number || t("WhatsApp does not show the number.")}</p>
      </div>
    </div>
    ${mayName(state, call) ? naming(state, name, commands) : nothing}`;
}

/**
 * Tell whether the agent may name them: not before having talked with them.
 * @param {State} state
 * @param {Call} call
 */
function mayName({ agent }, call) {
  return isInCall(call, agent) || call.status === "ended";
}

/**
 * @param {State} state
 * @param {string} name
 * @param {CallerCardCommands} commands
 */
function naming(state, name, commands) {
  return state.card.naming === null
    ? nameButton(state, name, commands)
    : nameForm(state, commands);
}

/**
 * @param {State} state
 * @param {string} name
 * @param {CallerCardCommands} commands
 */
function nameButton(state, name, commands) {
  if (state.asked[NAME] !== undefined) {
    return html`<p class="hint" role="status">${t("Saving the name…")}</p>`;
  }
  return html`<button
    type="button"
    class="button small"
    ?disabled=${state.connection !== "online"}
    @click=${() => commands.startNaming()}
  >
    ${name === "" ? t("Add name") : t("Edit name")}
  </button>`;
}

/**
 * @param {State} state
 * @param {CallerCardCommands} commands
 */
function nameForm(state, commands) {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    commands.saveName();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") commands.typeName(null);
  };
  const typed = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
    commands.typeName(event.target.value);
  return html`<form class="name-form" @submit=${submit} @keydown=${press}>
    <label class="field">
      <span>${t("Name")}</span>
      <input
        type="text"
        autocomplete="off"
        maxlength="100"
        required
        autofocus
        .value=${state.card.naming}
        @input=${typed}
      />
    </label>
    <div class="name-buttons">
      <button class="button small primary">${t("Save")}</button>
      <button type="button" class="button small" @click=${() => commands.typeName(null)}>
        ${t("Cancel")}
      </button>
    </div>
  </form>`;
}

/**
 * @param {State} state
 * @param {CallerCardCommands} commands
 */
function unknownYet(state, commands) {
  if (state.asked[CARD] !== undefined) {
    return html`<p class="hint" role="status">${t("Loading earlier calls…")}</p>`;
  }
  return html`<p class="hint">${t("Earlier calls could not be loaded.")}</p>
    <button
      type="button"
      class="button small"
      ?disabled=${state.connection !== "online"}
      @click=${() => commands.ask()}
    >
      ${t("Try again")}
    </button>`;
}

/**
 * @param {ContactDetails} person
 * @param {Call} call
 * @param {number} now
 */
function known(person, call, now) {
  const earlier = earlierCalls(person, call);
  return html`
    ${chatLink(person.chat)}
    ${callBacks(person.callbacks, now)}
    <h3 id="earlier-heading">${t("Earlier calls")}</h3>
    ${
      earlier.length === 0
        ? html`<p class="hint">${t("This is the first call with this person.")}</p>`
        : html`<ul class="earlier" aria-labelledby="earlier-heading">
            ${earlier.map((one) => earlierCall(one, now))}
          </ul>`
    }
    ${person.permission && isDue(call) ? permissionNote(person.permission, now) : nothing}
  `;
}

/**
 * Tell whether the next call to this person is worth a word: not while this one is the
 * call to them.
 * @param {Call} call
 */
function isDue(call) {
  return call.direction === "inbound" || call.status === "ended";
}

/**
 * @param {OpenCallback[]} callbacks
 * @param {number} now
 */
function callBacks(callbacks, now) {
  if (callbacks.length === 0) {
    return nothing;
  }
  return html`<h3>
      ${plural("{count} open callback", "{count} open callbacks", callbacks.length)}
    </h3>
    <ul class="card-callbacks">
      ${callbacks.map(
        ({ due_at, agent, sentence }) => html`<li>
          ${clock()}
          <span>
            <strong>${due_at === null ? t("No time set") : when(due_at, now)}</strong>
            ${agent ? html`<span class="who">${agent}</span>` : nothing}
            ${sentence ? html`<span>${sentence}</span>` : nothing}
          </span>
        </li>`,
      )}
    </ul>`;
}

/**
 * @param {EarlierCall} call
 * @param {number} now
 */
function earlierCall(call, now) {
  const facts = html`<strong>${when(call.at, now)}</strong>
    <span>${call.direction === "outbound" ? t("Outbound") : t("Inbound")}</span>
    ${call.agent ? html`<span>${call.agent}</span>` : nothing}
    <span>${call.result}</span>
    ${length(call.seconds)}
    ${call.disposition ? html`<span class="tag">${call.disposition}</span>` : nothing}`;
  return html`<li>
    ${
      call.notes
        ? html`<details>
            <summary>${facts} <span class="notes-word">${t("Notes")}</span></summary>
            <p class="earlier-notes">${call.notes}</p>
          </details>`
        : html`<p class="earlier-facts">${facts}</p>`
    }
  </li>`;
}

/** @param {number | null} seconds */
function length(seconds) {
  return seconds === null
    ? nothing
    : html`<span class="timer" translate="no" aria-label=${spokenDuration(seconds)}
        >${formatDuration(seconds)}</span
      >`;
}
