import { html, nothing } from "../../vendor/lit-html.js";
import { callerView } from "../call/caller-view.js";
import { keyHint, timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { cross, handset } from "../shell/icons.js";
import { callerName } from "../state/labels.js";
import { myCall } from "../state/selectors.js";
import { earlierLine } from "./earlier-view.js";
import { ringReason, waitOf } from "./ring-attempts.js";

/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */
/** @import {RingingCommands} from "./commands.js" */

/**
 * Show the calls that ring here: the longest as a card, the others as rows below.
 * @param {State} state
 * @param {Call[]} calls longest first
 * @param {number} now
 * @param {RingingCommands} commands
 */
export function ringingView(state, calls, now, commands) {
  const busy = myCall(state) !== null;
  const blocked = busy || state.connection !== "online";
  return html`<ul class="ringing" aria-label=${t("Ringing calls")}>
    ${calls.map((call, index) => {
      const reason = ringReason(call, state.agent);
      const isFirst = index === 0 && !busy;
      return ringingCall(state, call, reason, isFirst, blocked, now, commands);
    })}
  </ul>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {string} reason
 * @param {boolean} first
 * @param {boolean} blocked
 * @param {number} now
 * @param {RingingCommands} commands
 */
function ringingCall(state, call, reason, first, blocked, now, commands) {
  const heading = `caller-${call.id}`;
  return html`<li class=${first ? "card ring-card" : "card ring-row"}>
    ${reason ? html`<p class="ring-kind">${reason}</p>` : nothing} ${callerView(call, heading)}
    <p class="ringing-for">${waiting(call, now)}</p>
    ${first ? earlierLine(state, call, now) : nothing}
    <div class="ring-buttons">
      <button
        type="button"
        class="button answer"
        aria-describedby=${heading}
        aria-keyshortcuts=${first ? "A" : nothing}
        data-answer=${call.id}
        ?disabled=${blocked}
        @click=${() => commands.answer(call.id)}
      >
        ${handset()} ${t("Answer")} ${first ? keyHint("A") : nothing}
      </button>
      <button
        type="button"
        class="button"
        aria-describedby=${heading}
        aria-keyshortcuts=${first ? "D" : nothing}
        @click=${() => commands.decline(call.id)}
      >
        ${cross()} ${t("Decline")} ${first ? keyHint("D") : nothing}
      </button>
    </div>
  </li>`;
}

/**
 * Show how long the caller waits, and what they hear meanwhile.
 * @param {Call} call
 * @param {number} now
 */
function waiting(call, now) {
  const { since, kind } = waitOf(call);
  const words = {
    rings: t("Ringing for"),
    waits: t("Waiting in queue with music for"),
    held: t("{caller} is on hold for", { caller: callerName(call) }),
    talks: t("On the call with {agent} for", { agent: call.agent?.name ?? "" }),
  };
  return html`<span>${words[kind]}</span> ${timer(since, now, words[kind])}`;
}
