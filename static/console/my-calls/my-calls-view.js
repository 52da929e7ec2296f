import { html, nothing } from "../../vendor/lit-html.js";
import { untilText } from "../dialing/permission-view.js";
import { formatDuration, spokenDuration } from "../shell/clock.js";
import { chatLink } from "../shell/elements.js";
import { marked, t } from "../shell/i18n.js";
import { barred, check, handset, inward, missed, outward } from "../shell/icons.js";
import { earliestText, when } from "../shell/times.js";
import { isCalling } from "../state/dialing.js";
import { isId } from "../state/snapshot.js";
import { callBackWords, kindWords, outcomeWords } from "./words.js";

/** @import {OwnCall, OwnCallKind, State} from "../state/state.js" */
/** @import {MyCallsCommands} from "./commands.js" */

/** @type {[OwnCallKind, string][]} */
const KINDS = [
  ["", marked("All")],
  ["missed", marked("Missed")],
  ["answered", marked("Answered")],
  ["placed", marked("Placed")],
];
const SIGNS = { missed, answered: inward, placed: outward };

/**
 * @param {State} state
 * @param {number} now
 * @param {MyCallsCommands} commands
 */
export function myCallsView(state, now, commands) {
  const { kind } = state.myCalls;
  return html`<section class="card my-calls" aria-labelledby="my-calls-heading">
    <div class="my-calls-head">
      <h2 id="my-calls-heading">${t("My calls")}</h2>
      <div class="my-calls-kinds" role="radiogroup" aria-label=${t("Which calls")}>
        ${KINDS.map(
          ([one, label]) => html`<label class="choice-key">
            <input
              type="radio"
              name="my-calls-kind"
              class="visually-hidden"
              .checked=${one === kind}
              @change=${() => commands.show(one)}
            />
            ${t(label)}
          </label>`,
        )}
      </div>
    </div>
    ${list(state, now, commands)}
  </section>`;
}

/**
 * @param {State} state
 * @param {number} now
 * @param {MyCallsCommands} commands
 */
function list(state, now, commands) {
  const { calls, isLoaded, more, request } = state.myCalls;
  if (!isLoaded) {
    return html`<p class="hint my-calls-empty">${t("Loading…")}</p>`;
  }
  if (calls.length === 0) {
    return html`<p class="hint my-calls-empty">${t("No calls in the last 30 days.")}</p>`;
  }
  return html`<ul class="my-calls-list" aria-labelledby="my-calls-heading">
      ${calls.map((call) => row(state, call, now, commands))}
    </ul>
    ${
      more
        ? html`<button
            type="button"
            class="button small"
            ?disabled=${request !== 0 || state.connection !== "online"}
            @click=${() => commands.more()}
          >
            ${t("Show older calls")}
          </button>`
        : nothing
    }`;
}

/**
 * @param {State} state
 * @param {OwnCall} call
 * @param {number} now
 * @param {MyCallsCommands} commands
 */
function row(state, call, now, commands) {
  const { kind, contact, queue, seconds, notes, disposition, chat } = call;
  const callBack = callBackWords(call, now);
  return html`<li class="my-call" data-kind=${kind} data-open=${call.to_call_back}>
    <span class="my-call-sign">${SIGNS[kind]()}</span>
    <div class="my-call-words">
      <p class="my-call-who"><strong><bdi translate="no">${who(contact)}</bdi></strong></p>
      <p class="my-call-facts">
        ${callBack ? html`<span class="tag call-back" data-open=${call.to_call_back}>${callBack}</span>` : nothing}
        <span>${kindWords(call)}</span>
        <span translate="no" class="timer">${when(call.at, now)}</span>
        ${queue ? html`<span>${queue}</span>` : nothing}
        ${outcomeWords(call) ? html`<span>${outcomeWords(call)}</span>` : nothing}
        ${length(seconds)}
        ${disposition ? html`<span class="tag">${disposition}</span>` : nothing}
      </p>
      ${notes ? html`<p class="my-call-notes" title=${notes}>${notes}</p>` : nothing}
    </div>
    ${button(state, call, commands)}
    <p class="my-call-permission">${permission(call, now)} ${chatLink(chat)}</p>
  </li>`;
}

/** @param {OwnCall["contact"]} contact */
function who({ name, number }) {
  return name || number || t("Unknown WhatsApp user");
}

/** @param {number | null} seconds */
function length(seconds) {
  return seconds === null
    ? nothing
    : html`<span translate="no" class="timer" aria-label=${spokenDuration(seconds)}
        >${formatDuration(seconds)}</span
      >`;
}

/**
 * Say whether the contact may be called, beside the button.
 * @param {OwnCall} call
 * @param {number} now
 */
function permission({ call, contact }, now) {
  if (call === null) {
    return contact.id === null ? t("WhatsApp does not show the number.") : nothing;
  }
  const limit = call.allowed
    ? untilText(call.until, now)
    : earliestText(call.earliest, now);
  return html`<span class="option-verdict" data-allowed=${call.allowed}
    >${call.allowed ? check() : barred()} ${t(call.sentence)} ${limit}</span
  >`;
}

/**
 * One press calls, or asks for the permission where that is what is missing.
 * @param {State} state
 * @param {OwnCall} call
 * @param {MyCallsCommands} commands
 */
function button({ dialing, connection }, call, commands) {
  if (call.call === null) {
    return nothing;
  }
  const isAsked = dialing.asked.some(
    (one) =>
      isCalling(one) ||
      (isId(one.contact, call.contact.id) && isId(one.line, call.line)),
  );
  const isPlanned = dialing.plans.some(
    ({ contact, line }) => isId(contact, call.contact.id) && isId(line, call.line),
  );
  const busy = connection !== "online" || isAsked;
  const isToAsk = !call.call.allowed && call.ask?.allowed;
  const words = isToAsk ? t("Ask for permission") : t("Redial");
  const mayPress = isToAsk ? !isPlanned : call.call.allowed;
  return html`<button
    type="button"
    class=${call.call.allowed ? "button small answer" : "button small"}
    aria-label=${`${words}: ${who(call.contact)}`}
    ?disabled=${busy || !mayPress}
    @click=${() => (isToAsk ? commands.ask(call) : commands.callBack(call))}
  >
    ${isToAsk ? nothing : handset()} ${words}
  </button>`;
}
