/** The contacts that the field may mean: a list below it, over what stands there. */

import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { barred, check } from "../shell/icons.js";
import { when } from "../shell/times.js";
import { initials } from "../state/labels.js";

/** @import {Permission} from "../state/snapshot.js" */
/** @import {FoundPerson, State} from "../state/state.js" */
/** @import {PeopleCommands} from "./commands.js" */

export const OPTIONS = "contact-options";

/** @param {number} place */
export const optionId = (place) => `contact-option-${place}`;

/**
 * @param {State} state
 * @param {number} now
 * @param {PeopleCommands} commands
 */
export function optionsView({ people, dialing }, now, commands) {
  const isThere = people.isOpen && dialing.person === null && people.form === null;
  const isOfText = people.text === dialing.number.trim();
  const options = isThere ? people.options : [];
  return html`<div class="found" ?hidden=${!isThere || (options.length === 0 && !isOfText)}>
    ${dialing.number.trim() === "" && options.length > 0 ? recentHead() : nothing}
    <ul id=${OPTIONS} class="options" role="listbox" aria-label=${t("Contacts")}>
      ${options.map((one, place) => option(one, place, people.active, now, commands))}
    </ul>
    <p class="hint found-end">${endWords(people, dialing.number.trim(), isOfText)}</p>
  </div>`;
}

function recentHead() {
  return html`<p class="found-head" aria-hidden="true">${t("Recent calls")}</p>`;
}

/**
 * @param {State["people"]} people
 * @param {string} text
 * @param {boolean} isOfText
 */
function endWords({ options, more }, text, isOfText) {
  if (!isOfText) {
    return nothing;
  }
  if (options.length === 0) {
    return text === ""
      ? t("No calls yet. Type a name or a number.")
      : t("No contact found. A whole phone number can be called all the same.");
  }
  return more && text !== ""
    ? t("There are more. Type on to narrow it down.")
    : nothing;
}

/**
 * Tell a screen reader what was found.
 * @param {State} state
 */
export function foundText({ people, dialing }) {
  const isOfText = people.text === dialing.number.trim() && people.request === 0;
  if (!people.isOpen || !isOfText || dialing.person !== null) {
    return "";
  }
  const count = people.options.length;
  return count === 0
    ? t("No contact found.")
    : t("Contacts found: {count}. Choose with the arrow keys.", { count });
}

/**
 * @param {FoundPerson} person
 * @param {number} place
 * @param {number} active
 * @param {number} now
 * @param {PeopleCommands} commands
 */
function option(person, place, active, now, commands) {
  const { name, number, username } = person;
  const handle = username && name !== `@${username}` ? `@${username}` : "";
  return html`<li
    id=${optionId(place)}
    class="option"
    role="option"
    aria-selected=${place === active}
    @mousedown=${(/** @type {Event} */ event) => event.preventDefault()}
    @click=${() => commands.choose(person)}
  >
    <span translate="no" class="avatar" aria-hidden="true">${initials(name)}</span>
    <span class="option-who">
      <strong><bdi translate="no">${name || number || t("Unknown WhatsApp user")}</bdi></strong>
      ${name && number ? html`<span translate="no" class="number">${number}</span>` : nothing}
      ${handle ? html`<span translate="no" class="number"><bdi translate="no">${handle}</bdi></span>` : nothing}
    </span>
    <span class="option-facts">${lastCall(person, now)} ${verdict(person.call)}</span>
  </li>`;
}

/**
 * @param {FoundPerson} person
 * @param {number} now
 */
function lastCall({ last_call: last }, now) {
  if (last === null) {
    return html`<span>${t("No calls yet")}</span>`;
  }
  const way = last.direction === "outbound" ? t("Outbound") : t("Inbound");
  const words = [when(last.at, now), way, t(last.result), last.agent];
  return html`<span>${words.filter(Boolean).join(" · ")}</span>`;
}

/** @param {Permission} permission */
function verdict({ allowed, sentence }) {
  return html`<span class="option-verdict" data-allowed=${allowed}
    >${allowed ? check() : barred()} ${t(sentence)}</span
  >`;
}
