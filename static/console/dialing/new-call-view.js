import { html, nothing } from "../../vendor/lit-html.js";
import { keyHint } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { check, clock, handset } from "../shell/icons.js";
import { ago, earliestText } from "../shell/times.js";
import { isCalling, isSamePerson, proposedCalls } from "../state/dialing.js";
import { initials } from "../state/labels.js";
import { isId } from "../state/snapshot.js";
import { ASK, beliefText, permissionView } from "./permission-view.js";
import { readingsView } from "./readings-view.js";

/** @import {Line, Person, ScheduledCall} from "../state/snapshot.js" */
/** @import {Dialing, State} from "../state/state.js" */
/** @import {DialingCommands} from "./commands.js" */

/**
 * Show whom to call: the number, the person it belongs to, and what may be done now.
 * @param {State} state
 * @param {number} now
 * @param {DialingCommands} commands
 */
export function newCallView(state, now, commands) {
  const { dialing } = state;
  return html`<h2 id="new-call-heading" tabindex="-1">${t("New call")}</h2>
    <form class="new-call-form" @submit=${(/** @type {Event} */ event) => submit(event, commands)}>
      ${numberField(dialing, commands)}
      ${dialing.lines.length > 1 ? linePicker(dialing, commands) : nothing}
    </form>
    <p id="number-problem" class="field-problem" role="alert">${dialing.problem}</p>
    <div class="new-call-result" aria-live="polite">${result(state, now, commands)}</div>`;
}

/**
 * @param {Event} event
 * @param {DialingCommands} commands
 */
function submit(event, commands) {
  event.preventDefault();
  commands.finishNumber(true);
}

/**
 * @param {Dialing} dialing
 * @param {DialingCommands} commands
 */
function numberField(dialing, commands) {
  const typed = (/** @type {InputEvent & {target: HTMLInputElement}} */ event) =>
    commands.typeNumber(event.target.value, event.inputType === "insertFromPaste");
  return html`<label class="field number-field">
    <span>${t("Phone number")}</span>
    <input
      id="phone-number"
      type="tel"
      autocomplete="off"
      spellcheck="false"
      placeholder="+49 151 12345678"
      aria-keyshortcuts="N"
      aria-describedby="number-problem"
      aria-invalid=${dialing.problem !== "" && dialing.person === null}
      .value=${dialing.number}
      @input=${typed}
      @change=${() => commands.finishNumber(false)}
    />
    ${dialing.number === "" ? keyHint("N") : nothing}
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
 * @param {DialingCommands} commands
 */
function result(state, now, commands) {
  const { person, readings, lookingSince, done, plans } = state.dialing;
  if (person !== null) {
    return personView(state, person, now, commands);
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
 * @param {DialingCommands} commands
 */
function personView(state, person, now, commands) {
  const { name, number } = person;
  const plan = state.dialing.plans.find((one) => isSamePerson(one, person)) ?? null;
  return html`<div class="contact" role="group" aria-labelledby="contact-name">
    <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
    <div class="caller">
      <h3 id="contact-name"><bdi translate="no">${name || number}</bdi></h3>
      <p class="number" translate="no">${name ? number : t("Name unknown")}</p>
    </div>
    ${buttons(state, person, plan, commands)}
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
