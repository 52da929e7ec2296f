/** Who is in the call, and what can be done with those who are. */

import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { callerName } from "../state/calls.js";
import { askedLeg, partOf, situationWords } from "../state/participants.js";
import { isWaiting } from "../state/transfer.js";

/** @import {Agent, Call} from "../state/calls.js" */
/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

/**
 * One line on who hears whom, and the way back. As high when there is nothing to say.
 * @param {State} state
 * @param {Call} call
 * @param {Actions} actions
 */
export function situationView(state, call, actions) {
  return html`<div class="situation" data-part=${partOf(call, state.agent)}>
    <p aria-live="polite">${situationWords(call, state.agent)}</p>
    ${wayBack(state, call, actions)}
  </div>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {Actions} actions
 */
function wayBack(state, call, { desk: { transfer } }) {
  const part = partOf(call, state.agent);
  if (part === "asking") {
    return small(state, t("Cancel"), () => transfer.cancelConsult());
  }
  if (part === "three_way") {
    const colleague = askedLeg(call)?.agent.name ?? "";
    return small(state, t("Take {colleague} out", { colleague }), () =>
      transfer.cancelConsult(),
    );
  }
  return part === "consulting"
    ? small(state, t("Back to {caller}", { caller: callerName(call) }), () =>
        transfer.back(),
      )
    : nothing;
}

/**
 * @param {State} state
 * @param {string} label
 * @param {() => void} action
 */
function small(state, label, action) {
  return html`<button
    type="button"
    class="button"
    ?disabled=${isWaiting(state)}
    @click=${action}
  >
    ${label}
  </button>`;
}

/**
 * Everybody in the call by name, as soon as there are more than two.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function partiesView(call, agent) {
  const asked = askedLeg(call);
  if (asked === null) {
    return nothing;
  }
  const isMe = (/** @type {{id: number | string}} */ { id }) =>
    String(id) === String(agent?.id);
  const named = (/** @type {{id: number | string, name: string}} */ one) =>
    isMe(one) ? t("You") : one.name;
  return html`<ul class="parties" aria-label=${t("In this call")}>
    ${party(callerName(call), call.status === "held" ? t("hears music") : "")}
    ${call.agent === null ? nothing : party(named(call.agent), "")}
    ${party(named(asked.agent), asked.state === "ringing" ? t("is ringing") : "")}
  </ul>`;
}

/**
 * @param {string} name
 * @param {string} what
 */
function party(name, what) {
  return html`<li class="party" data-quiet=${what !== ""}>
    <strong>${name}</strong>${what ? html` <span>${what}</span>` : nothing}
  </li>`;
}
