import { html, nothing } from "../../vendor/lit-html.js";
import { callerView } from "../call/caller-view.js";
import { isByKey } from "../call/ending.js";
import { timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { cross, handset } from "../shell/icons.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { callerName } from "../state/labels.js";
import { myCall } from "../state/selectors.js";
import { earlierLine } from "./earlier-view.js";
import { ringReason, waitOf } from "./ring-attempts.js";

/** @import {EndingCommands} from "../call/ending.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */
/** @import {RingingCommands} from "./commands.js" */

/**
 * Show the calls that ring here: the longest as a card, the others as rows below.
 * @param {State} state
 * @param {Call[]} calls longest first
 * @param {number} now
 * @param {{ringing: RingingCommands, ending: EndingCommands}} commands
 */
export function ringingView(state, calls, now, { ringing, ending }) {
  const busy = myCall(state) !== null;
  const blocked = busy || state.connection !== "online";
  return html`<ul class="ringing" aria-label=${t("Ringing calls")}>
    ${calls.map((call, index) => {
      const reason = ringReason(call, state.agent);
      const isFirst = index === 0 && !busy;
      return ringingCall(state, call, reason, isFirst, blocked, now, ringing, ending);
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
 * @param {EndingCommands} ending
 */
function ringingCall(state, call, reason, first, blocked, now, commands, ending) {
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
        aria-keyshortcuts=${first ? ariaKeys("answer") : nothing}
        data-answer=${call.id}
        ?disabled=${blocked}
        @click=${() => commands.answer(call.id)}
      >
        ${handset()} ${t("Answer")} ${first ? keyHint("answer") : nothing}
      </button>
      <button
        type="button"
        class="button"
        aria-describedby=${heading}
        aria-keyshortcuts=${first ? ariaKeys("decline") : nothing}
        @click=${(/** @type {MouseEvent} */ click) => ending.decline(call.id, isByKey(click))}
      >
        ${cross()} ${t("Decline")} ${first ? keyHint("decline") : nothing}
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
