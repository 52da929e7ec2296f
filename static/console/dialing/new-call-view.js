import { html, nothing } from "../../vendor/lit-html.js";
import { keyHint } from "../shell/elements.js";
import { marked, t } from "../shell/i18n.js";
import { barred, check, clock, handset } from "../shell/icons.js";
import { ago, left, when } from "../shell/times.js";
import { initials } from "../state/calls.js";
import { isCalling, isId, isSamePerson, offeredPlans } from "../state/dialing.js";

/** @import {CallingOut, Line, Person, Plan, Verdict} from "../state/dialing.js" */
/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

const ASK = marked("Request permission");

/**
 * Whom to call: the number, the person it belongs to, and what may be done now.
 * @param {State} state
 * @param {number} now
 * @param {Actions} actions
 */
export function callOutView(state, now, actions) {
  const { out } = state;
  return html`<h2 id="call-out-heading" tabindex="-1">${t("Call somebody")}</h2>
    <form class="call-out-form" @submit=${(/** @type {Event} */ event) => submit(event, actions)}>
      ${numberField(out, actions)}
      ${out.lines.length > 1 ? linePicker(out, actions) : nothing}
    </form>
    <p id="number-problem" class="field-problem" role="alert">${out.problem}</p>
    <div class="call-out-result" aria-live="polite">${result(state, now, actions)}</div>`;
}

/**
 * @param {Event} event
 * @param {Actions} actions
 */
function submit(event, actions) {
  event.preventDefault();
  actions.finishNumber(true);
}

/**
 * @param {CallingOut} out
 * @param {Actions} actions
 */
function numberField(out, actions) {
  const typed = (/** @type {InputEvent & {target: HTMLInputElement}} */ event) =>
    actions.typeNumber(event.target.value, event.inputType === "insertFromPaste");
  return html`<label class="field number-field">
    <span>${t("Phone number")}</span>
    <input
      id="phone-number"
      type="tel"
      autocomplete="off"
      spellcheck="false"
      maxlength="60"
      placeholder="+49 151 12345678"
      aria-keyshortcuts="N"
      aria-describedby="number-problem"
      aria-invalid=${out.problem !== "" && out.person === null}
      .value=${out.number}
      @input=${typed}
      @change=${() => actions.finishNumber(false)}
    />
    ${out.number === "" ? keyHint("N") : nothing}
  </label>`;
}

/**
 * @param {CallingOut} out
 * @param {Actions} actions
 */
function linePicker({ lines, line }, actions) {
  const choose = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    actions.chooseLine(lines[event.target.selectedIndex].id);
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
 * @param {Actions} actions
 */
function result(state, now, actions) {
  const { person, lookingSince, done, plans } = state.out;
  if (person !== null) {
    return personView(state, person, now, actions);
  }
  if (lookingSince !== null) {
    return html`<p class="asking-whatsapp">${t("Looking up the number")}…</p>`;
  }
  const text = doneWords(plans.find(({ id }) => isId(id, done)));
  return text ? html`<p class="done">${check()} ${text}</p>` : nothing;
}

/**
 * What came of the request that was sent last; never that somebody is being called.
 * @param {Plan | undefined} plan
 */
function doneWords(plan) {
  const who = plan?.name || plan?.number || "";
  /** @type {Record<string, string>} */
  const words = {
    asking: t("The permission request to {who} is on its way.", { who }),
    waiting: t("{who} has been asked for permission.", { who }),
  };
  return words[plan?.state ?? ""] ?? "";
}

/**
 * @param {State} state
 * @param {Person} person
 * @param {number} now
 * @param {Actions} actions
 */
function personView(state, person, now, actions) {
  const { name, number } = person;
  const plan = state.out.plans.find((one) => isSamePerson(one, person)) ?? null;
  return html`<div class="person" role="group" aria-labelledby="person-name">
    <span class="avatar" aria-hidden="true">${initials(name)}</span>
    <div class="caller">
      <h3 id="person-name">${name || number}</h3>
      <p class="number">${name ? number : t("No name known")}</p>
    </div>
    ${buttons(state, person, plan, actions)}
    <div class="verdicts">
      ${verdictView(person.call, now)}
      ${plan === null ? askVerdict(person, now) : planned(plan, now)}
      ${
        person.checking
          ? html`<p class="asking-whatsapp">${t("Asking WhatsApp whether this is still so")}…</p>`
          : nothing
      }
    </div>
  </div>`;
}

/**
 * @param {Verdict} verdict
 * @param {number} now
 */
export function verdictView({ allowed, sentence, advice, until, earliest }, now) {
  const limit = allowed ? untilWords(until, now) : earliestWords(earliest, now);
  return html`<p class="verdict" data-allowed=${allowed}>
      ${allowed ? check() : barred()}
      <span><strong>${t(sentence)}</strong> ${limit}</span>
    </p>
    ${isNews(advice) ? html`<p class="advice">${t(advice)}</p>` : nothing}`;
}

/**
 * Advice that only names the button beside it is left to the button.
 * @param {string} advice
 */
function isNews(advice) {
  return advice !== "" && t(advice).replace(/\.$/, "") !== t(ASK);
}

/**
 * Until when a yes is good; nothing when it has no end.
 * @param {string | null} until
 * @param {number} now
 */
export function untilWords(until, now) {
  const rest = left(until, now);
  return until !== null && rest
    ? t("Allowed until {when} ({rest} left).", { when: when(until, now), rest })
    : "";
}

/**
 * @param {string | null} earliest
 * @param {number} now
 */
function earliestWords(earliest, now) {
  return earliest !== null && left(earliest, now)
    ? t("Possible from {when}.", { when: when(earliest, now) })
    : "";
}

/**
 * Only where a no to the call makes the agent think of asking.
 * @param {Person} person
 * @param {number} now
 */
function askVerdict({ call, ask }, now) {
  if (call.allowed || (ask.allowed && !ask.advice) || ask.sentence === call.sentence) {
    return nothing;
  }
  if (ask.allowed) {
    return html`<p class="advice">${t(ask.advice)}</p>`;
  }
  const words = [
    t("Permission cannot be requested now."),
    t(ask.sentence),
    earliestWords(ask.earliest, now),
    t(ask.advice),
  ];
  return html`<p class="advice">${words.filter(Boolean).join(" ")}</p>`;
}

/**
 * @param {Plan} plan
 * @param {number} now
 */
function planned({ state, created_at }, now) {
  const age = ago(created_at, now);
  /** @type {Record<string, string>} */
  const words = {
    asking: t("The permission request is on its way."),
    waiting: t("Asked {age}; there is no answer yet.", { age }),
  };
  return words[state]
    ? html`<p class="advice">${clock()} ${words[state]}</p>`
    : nothing;
}

/**
 * One button to call somebody who is already offered above is enough.
 * @param {State} state
 * @param {Person} person
 * @param {Plan | null} plan
 * @param {Actions} actions
 */
function buttons({ out, connection }, person, plan, actions) {
  const offline = connection !== "online";
  const busy = out.asked.some((one) => isCalling(one) || isSamePerson(person, one));
  const [offer] = offeredPlans(out);
  if (plan !== null && plan === offer) {
    return html`<p class="advice">${t("You can call from the offer above.")}</p>`;
  }
  const mayAsk = !person.call.allowed && person.ask.allowed && plan === null;
  return html`<div class="person-buttons">
    ${
      mayAsk
        ? html`<button
          type="button"
          class="button primary"
          aria-describedby="person-name"
          ?disabled=${offline || busy || person.checking}
          @click=${actions.askPerson}
        >
          ${t(ASK)}
        </button>`
        : nothing
    }
    <button
      type="button"
      class=${person.call.allowed ? "button answer" : "button"}
      aria-describedby="person-name"
      ?disabled=${offline || busy || !person.call.allowed}
      @click=${actions.callPerson}
    >
      ${handset()} ${t("Call")}
    </button>
  </div>`;
}
