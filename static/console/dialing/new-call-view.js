import { html, nothing } from "../../vendor/lit-html.js";
import { contactForm } from "../people/contact-form.js";
import { foundText, OPTIONS, optionId, optionsView } from "../people/options-view.js";
import { chatLink } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { check, clock, handset } from "../shell/icons.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { ago, earliestText } from "../shell/times.js";
import { isCalling, isSamePerson, proposedCalls } from "../state/dialing.js";
import { initials } from "../state/labels.js";
import { isId } from "../state/snapshot.js";
import { mayBeNumber } from "./number-field.js";
import { ASK, beliefText, permissionView } from "./permission-view.js";
import { readingsView } from "./readings-view.js";

/** @import {Line, Person, ScheduledCall} from "../state/snapshot.js" */
/** @import {Dialing, State} from "../state/state.js" */
/** @import {PeopleCommands} from "../people/commands.js" */
/** @import {DialingCommands} from "./commands.js" */

/** @typedef {{dialing: DialingCommands, people: PeopleCommands}} NewCallCommands */

/**
 * Show whom to call: the number, the person it belongs to, and what may be done now.
 * @param {State} state
 * @param {number} now
 * @param {NewCallCommands} commands
 */
export function newCallView(state, now, commands) {
  const { dialing, people } = state;
  return html`<div class="new-call-head">
      <h2 id="new-call-heading" tabindex="-1">${t("New call")}</h2>
      <button
        type="button"
        class="button small"
        ?disabled=${people.form !== null}
        @click=${() => addContact(state, commands.people)}
      >
        ${t("Add contact")}
      </button>
    </div>
    <form class="new-call-form" @submit=${(/** @type {Event} */ event) => submit(event, state, commands)}>
      <div class="find">
        ${numberField(state, commands)} ${optionsView(state, now, commands.people)}
        <p class="visually-hidden" role="status">${foundText(state)}</p>
      </div>
      ${dialing.lines.length > 1 ? linePicker(dialing, commands.dialing) : nothing}
    </form>
    <p id="number-problem" class="field-problem" role="alert">${dialing.problem}</p>
    ${
      people.form === null
        ? html`<div class="new-call-result" aria-live="polite">
            ${result(state, now, commands)}
          </div>`
        : contactForm(state, people.form, commands.people)
    }`;
}

/**
 * Begin with what was typed already: a number, or a name.
 * @param {State} state
 * @param {PeopleCommands} commands
 */
function addContact({ dialing }, commands) {
  const text = dialing.person === null ? dialing.number.trim() : "";
  const isName = /\p{L}/u.test(text);
  commands.openForm(isName ? { name: text } : { number: text });
  // The form is drawn now; who uses the keyboard goes on there.
  requestAnimationFrame(() => {
    const empty = isName ? "number" : "name";
    document.getElementById(`contact-form-${empty}`)?.focus();
  });
}

/**
 * A name chooses the first contact that was found; a number is looked up.
 * @param {Event} event
 * @param {State} state
 * @param {NewCallCommands} commands
 */
function submit(event, { dialing }, { dialing: dial, people }) {
  event.preventDefault();
  if (dialing.person !== null) {
    people.leave();
  } else if (!people.chooseActive(dialing.number, mayBeNumber(dialing.number))) {
    people.leave();
    dial.finishNumber(true);
  }
}

/**
 * Nothing but a number is looked up when the field is left: a name is for the list.
 * @param {Dialing} dialing
 * @param {DialingCommands} commands
 */
function left({ number, person }, commands) {
  if (person === null && mayBeNumber(number, true)) {
    commands.finishNumber(false);
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {State} state
 * @param {PeopleCommands} commands
 */
function press(event, { people, dialing }, commands) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && dialing.person === null) {
    event.preventDefault();
    commands.move(/** @type {1 | -1} */ (step));
  } else if (event.key === "Escape" && people.isOpen) {
    event.preventDefault();
    commands.leave();
  }
}

/**
 * @param {State} state
 * @param {NewCallCommands} commands
 */
function numberField(state, { dialing: dial, people: find }) {
  const { dialing, people } = state;
  const typed = (/** @type {InputEvent & {target: HTMLInputElement}} */ event) => {
    dial.typeNumber(event.target.value, event.inputType === "insertFromPaste");
    find.typed(event.target.value);
  };
  const isOpen = people.isOpen && dialing.person === null;
  return html`<label class="field number-field">
    <span>${t("Name, phone number or handle")}</span>
    <input
      id="phone-number"
      type="text"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      placeholder=${t("Carla, @carla or +49 151 12345678")}
      aria-keyshortcuts=${ariaKeys("number")}
      aria-describedby="number-problem"
      aria-invalid=${dialing.problem !== "" && dialing.person === null}
      aria-autocomplete="list"
      aria-controls=${OPTIONS}
      aria-activedescendant=${isOpen && people.active >= 0 ? optionId(people.active) : nothing}
      .value=${dialing.number}
      @input=${typed}
      @focus=${() => find.enter()}
      @blur=${() => find.leave()}
      @keydown=${(/** @type {KeyboardEvent} */ event) => press(event, state, find)}
      @change=${() => left(dialing, dial)}
    />
    ${dialing.number === "" ? keyHint("number") : nothing}
  </label>`;
}

/**
 * @param {Dialing} dialing
 * @param {DialingCommands} commands
 */
function linePicker({ lines, line }, commands) {
  const choose = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    commands.chooseLine(lines[event.target.selectedIndex].id);
  const option = (/** @type {Line} */ { id, name, number }) =>
    html`<option .selected=${isId(id, line)}>${name || number}</option>`;
  return html`<label class="field">
    <span>${t("From")}</span>
    <select @change=${choose}>${lines.map(option)}</select>
  </label>`;
}

/**
 * @param {State} state
 * @param {number} now
 * @param {NewCallCommands} all
 */
function result(state, now, all) {
  const { dialing: commands } = all;
  const { person, readings, lookingSince, done, plans } = state.dialing;
  if (person !== null) {
    return personView(state, person, now, all);
  }
  if (lookingSince !== null) {
    return html`<p class="asking-whatsapp">${t("Looking up the number")}…</p>`;
  }
  if (readings.length > 0) {
    return readingsView(readings, commands);
  }
  const text = doneWords(plans.find(({ id }) => isId(id, done)));
  return text ? html`<p class="done">${check()} ${text}</p>` : nothing;
}

/**
 * Say what came of the request that was sent last; never that a call goes out.
 * @param {ScheduledCall | undefined} plan
 */
function doneWords(plan) {
  const who = plan?.name || plan?.number || "";
  /** @type {Record<string, string>} */
  const words = {
    asking: t("Sending the permission request to {who}.", { who }),
    waiting: t("Permission requested from {who}.", { who }),
  };
  return words[plan?.state ?? ""] ?? "";
}

/**
 * @param {State} state
 * @param {Person} person
 * @param {number} now
 * @param {NewCallCommands} commands
 */
function personView(state, person, now, { dialing: commands, people }) {
  const { name, number, contact } = person;
  const plan = state.dialing.plans.find((one) => isSamePerson(one, person)) ?? null;
  return html`<div class="contact" role="group" aria-labelledby="contact-name">
    <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
    <div class="caller">
      <h3 id="contact-name"><bdi translate="no">${name || number}</bdi></h3>
      <p class="number" translate="no">${name ? number : t("Name unknown")}</p>
    </div>
    ${buttons(state, person, plan, commands)}
    <div class="contact-more">
      <button
        type="button"
        class="link-button"
        aria-describedby="contact-name"
        @click=${() => people.openForm({ contact, name, number })}
      >
        ${name ? t("Edit contact") : t("Add name")}
      </button>
      ${chatLink(person.chat)}
    </div>
    <div class="verdicts">
      ${permissionView(person.call, now)}
      ${plan === null ? askPermission(person, now) : planned(plan, now)}
      ${
        person.checking
          ? html`<p class="asking-whatsapp">${t("Checking with WhatsApp")}…</p>`
          : html`<p class="belief">${beliefText(person.belief, now)}</p>`
      }
    </div>
  </div>`;
}

/**
 * Say what stands against asking, where a no to the call makes the agent think of it.
 * @param {Person} person
 * @param {number} now
 */
function askPermission({ call, ask }, now) {
  if (call.allowed || (ask.allowed && !ask.advice) || ask.sentence === call.sentence) {
    return nothing;
  }
  if (ask.allowed) {
    return html`<p class="advice">${t(ask.advice)}</p>`;
  }
  const words = [
    t("Permission cannot be requested now."),
    t(ask.sentence),
    earliestText(ask.earliest, now),
    t(ask.advice),
  ];
  return html`<p class="advice">${words.filter(Boolean).join(" ")}</p>`;
}

/**
 * @param {ScheduledCall} plan
 * @param {number} now
 */
function planned({ state, created_at }, now) {
  const age = ago(created_at, now);
  /** @type {Record<string, string>} */
  const words = {
    asking: t("Sending the permission request."),
    waiting: t("Requested {age}; no answer yet.", { age }),
  };
  return words[state]
    ? html`<p class="advice">${clock()} ${words[state]}</p>`
    : nothing;
}

/**
 * One button to call a person whose call is already proposed above is enough.
 * @param {State} state
 * @param {Person} person
 * @param {ScheduledCall | null} plan
 * @param {DialingCommands} commands
 */
function buttons({ dialing, connection }, person, plan, commands) {
  const offline = connection !== "online";
  const busy = dialing.asked.some((one) => isCalling(one) || isSamePerson(person, one));
  const [proposed] = proposedCalls(dialing);
  if (plan !== null && plan === proposed) {
    return html`<p class="advice">${t("You can place the call above.")}</p>`;
  }
  const mayAsk = !person.call.allowed && person.ask.allowed && plan === null;
  return html`<div class="contact-buttons">
    ${
      mayAsk
        ? html`<button
          type="button"
          class="button primary"
          aria-describedby="contact-name"
          ?disabled=${offline || busy || person.checking}
          @click=${() => commands.askPerson()}
        >
          ${t(ASK)}
        </button>`
        : nothing
    }
    <button
      type="button"
      class=${person.call.allowed ? "button answer" : "button"}
      aria-describedby="contact-name"
      ?disabled=${offline || busy || !person.call.allowed}
      @click=${() => commands.callPerson()}
    >
      ${handset()} ${t("Call")}
    </button>
  </div>`;
}
