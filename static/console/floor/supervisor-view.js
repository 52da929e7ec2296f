/** Beside the call, never over it: what supervisors write, and the hand for one. */

import { html, nothing } from "../../vendor/lit-html.js";
import { timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";

/** @import {FloorMessage, State} from "../state/state.js" */
/** @import {SupervisorCommands} from "./supervisor-commands.js" */

const LONGEST_REASON = 200;

/**
 * @param {State} state
 * @param {number} now
 * @param {SupervisorCommands} commands
 */
export function messagesView({ messages }, now, commands) {
  return messages.map((one) => messageView(one, now, commands));
}

/**
 * @param {FloorMessage} message
 * @param {number} now
 * @param {SupervisorCommands} commands
 */
function messageView({ id, from, text, sent_at: sentAt }, now, commands) {
  return html`<article class="panel floor-message">
    <p class="floor-message-from">
      <strong translate="no">${from}</strong> ${timer(sentAt, now, t("Sent"))}
    </p>
    <p><bdi translate="no">${text}</bdi></p>
    <button type="button" class="button small" @click=${() => commands.read(id)}>
      ${t("Mark as read")}
    </button>
  </article>`;
}

/** @param {State} state */
export function mayRaiseHand({ agent }) {
  return agent !== null && agent.state !== "offline";
}

/**
 * @param {State} state
 * @param {number} now
 * @param {SupervisorCommands} commands
 */
export function handView({ agent, connection }, now, commands) {
  const isAway = connection !== "online";
  const hand = agent?.hand ?? null;
  return html`<section class="panel hand" data-raised=${hand !== null}>
    <h2 id="hand-heading">${t("Need a supervisor?")}</h2>
    ${hand === null ? raising(isAway, commands) : raised(hand, now, isAway, commands)}
  </section>`;
}

/**
 * @param {boolean} isAway
 * @param {SupervisorCommands} commands
 */
function raising(isAway, commands) {
  const raise = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    commands.raiseHand(String(new FormData(form).get("reason") ?? ""));
  };
  return html`<form @submit=${raise}>
    <label class="field"
      ><span class="visually-hidden">${t("Why (optional)")}</span>
      <input
        name="reason"
        type="text"
        maxlength=${LONGEST_REASON}
        autocomplete="off"
        placeholder=${t("Why (optional)")}
      />
    </label>
    <button class="button small" ?disabled=${isAway}>${t("Raise hand")}</button>
  </form>`;
}

/**
 * @param {{since: string, reason: string}} hand
 * @param {number} now
 * @param {boolean} isAway
 * @param {SupervisorCommands} commands
 */
function raised({ since, reason }, now, isAway, commands) {
  return html`<p role="status">
      ${t("Your hand is raised.")} ${timer(since, now, t("Since"))}
    </p>
    ${reason === "" ? nothing : html`<p class="hint"><bdi translate="no">${reason}</bdi></p>`}
    <button
      type="button"
      class="button small"
      ?disabled=${isAway}
      @click=${() => commands.lowerHand()}
    >
      ${t("Lower hand")}
    </button>`;
}
