import { html, nothing } from "../../vendor/lit-html.js";
import { caller, keyHint, timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { cross, handset } from "../shell/icons.js";
import { myCall } from "../state/calls.js";
import { offerLead, waitOf } from "./ring-attempts.js";

/** @import {Call} from "../state/calls.js" */
/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

/**
 * The calls that ring here: the longest as a card, the others as rows below.
 * @param {State} state
 * @param {Call[]} calls longest first
 * @param {number} now
 * @param {Actions} actions
 */
export function ringingView(state, calls, now, actions) {
  const busy = myCall(state) !== null;
  const blocked = busy || state.connection !== "online";
  return html`<ul class="ringing" aria-label=${t("Ringing calls")}>
    ${calls.map((call, index) => {
      const lead = offerLead(call, state.agent);
      return ringingCall(call, lead, index === 0 && !busy, blocked, now, actions);
    })}
  </ul>`;
}

/**
 * @param {Call} call
 * @param {string} lead
 * @param {boolean} first
 * @param {boolean} blocked
 * @param {number} now
 * @param {Actions} actions
 */
function ringingCall(call, lead, first, blocked, now, actions) {
  const heading = `caller-${call.id}`;
  return html`<li class=${first ? "card ring-card" : "card ring-row"}>
    ${lead ? html`<p class="offer-kind">${lead}</p>` : nothing} ${caller(call, heading)}
    <p class="ringing-for">${waiting(call, now)}</p>
    <div class="ring-buttons">
      <button
        type="button"
        class="button answer"
        aria-describedby=${heading}
        aria-keyshortcuts=${first ? "A" : nothing}
        data-answer=${call.id}
        ?disabled=${blocked}
        @click=${() => actions.answer(call.id)}
      >
        ${handset()} ${t("Answer")} ${first ? keyHint("A") : nothing}
      </button>
      <button
        type="button"
        class="button"
        aria-describedby=${heading}
        aria-keyshortcuts=${first ? "D" : nothing}
        @click=${() => actions.decline(call.id)}
      >
        ${cross()} ${t("Decline")} ${first ? keyHint("D") : nothing}
      </button>
    </div>
  </li>`;
}

/**
 * How long the caller waits, and what they hear meanwhile.
 * @param {Call} call
 * @param {number} now
 */
function waiting(call, now) {
  const { since, kind } = waitOf(call);
  const words = {
    rings: t("Ringing for"),
    waits: t("The caller hears music and has waited for"),
    held: t("The caller is on hold for"),
  };
  return html`<span>${words[kind]}</span> ${timer(since, now, words[kind])}`;
}
