/** The participants of a call, and the buttons for them. */

import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { callerName } from "../state/labels.js";
import { participantRows } from "../state/participant-words.js";
import { consultedLeg, phaseOf } from "../state/participants.js";
import { isWaiting } from "../state/transfer.js";

/** @import {TransferCommands} from "./transfer.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * One line on who hears whom, and the way back. As high when there is nothing to say.
 * @param {State} state
 * @param {Call} call
 * @param {string} words
 * @param {TransferCommands} transfer
 */
export function consultView(state, call, words, transfer) {
  return html`<div class="situation" data-phase=${phaseOf(call, state.agent)}>
    <p aria-live="polite">${words}</p>
    ${wayBack(state, call, transfer)}
  </div>`;
}

/**
 * @param {State} state
 * @param {Call} call
 * @param {TransferCommands} transfer
 */
function wayBack(state, call, transfer) {
  const phase = phaseOf(call, state.agent);
  if (phase === "asking") {
    return small(state, t("Cancel"), () => transfer.cancelConsult());
  }
  if (phase === "three_way") {
    const colleague = consultedLeg(call)?.agent.name ?? "";
    return small(state, t("Remove {colleague}", { colleague }), () =>
      transfer.cancelConsult(),
    );
  }
  return phase === "consulting"
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
 * List all participants by name, as soon as there are more than two.
 * @param {State} state
 * @param {Call} call
 */
export function participantsView(state, call) {
  if (consultedLeg(call) === null) {
    return nothing;
  }
  return html`<ul class="participants" aria-label=${t("In this call")}>
    ${participantRows(call, state.agent, state.mute.muted).map(participant)}
  </ul>`;
}

/** @param {ReturnType<typeof participantRows>[number]} row */
function participant({ name, what }) {
  return html`<li class="participant" data-quiet=${what !== ""}>
    <strong><bdi translate="no">${name}</bdi></strong>${what ? html` <span>${what}</span>` : nothing}
  </li>`;
}
