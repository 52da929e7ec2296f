import { html, nothing } from "../../vendor/lit-html.js";
import { timer } from "../shell/elements.js";
import { t } from "../shell/i18n.js";
import { breakLimitText } from "./break-limit.js";
import { breakButton, nextPill } from "./breaks-view.js";

/** @import {ShiftCommands} from "./commands.js" */
/** @import {State} from "../state/state.js" */

/**
 * Show how long the agent has been in this state, why, and how long a break may last.
 * @param {State} state
 * @param {number} now
 */
export function stateTimer(state, now) {
  const { agent, connection } = state;
  if (connection !== "online" || agent === null) {
    return nothing;
  }
  const isBreak = agent.state === "on_break";
  const limit = isBreak ? breakLimitText(agent.until, now) : "";
  const isOver = Date.parse(agent.until ?? "") <= now;
  return html`${timer(agent.state_since, now, t("Time in state"))}
  ${
    isBreak && agent.reason
      ? html`<span class="state-reason">${t(agent.reason)}</span>`
      : nothing
  }
  ${limit ? html`<span class="limit" data-over=${isOver}>${limit}</span>` : nothing}
  <span class="visually-hidden" role="status"
    >${limit && isOver ? t("The break is over its limit.") : ""}</span
  >`;
}

/** @param {State} state */
export function stateName(state) {
  return state.connection === "online" ? (state.agent?.state ?? "") : "reconnecting";
}

const RESTING = ["offline", "on_break"];
const ON_DUTY = ["available", "cannot_ring", "on_break"];

/**
 * Show the states the agent may choose now; with a call, what comes after it.
 * @param {State} state
 * @param {boolean} opening whether the browser is asking for the microphone
 * @param {ShiftCommands} commands
 */
export function stateButtons(state, opening, commands) {
  const disabled = state.connection !== "online" || opening;
  const at = state.agent?.state ?? "";
  const button = (
    /** @type {string} */ label,
    /** @type {string} */ look,
    /** @type {() => void} */ action,
  ) =>
    html`<button
      type="button"
      class=${look}
      ?disabled=${disabled}
      @click=${action}
    >
      ${label}
    </button>`;
  return html`
    ${
      RESTING.includes(at)
        ? button(t("Go available"), "button primary", () => commands.goAvailable())
        : nothing
    }
    ${breakButton(state, disabled, commands)}
    ${ON_DUTY.includes(at) ? button(t("Go offline"), "button", () => commands.goOffline()) : nothing}
    ${nextPill(state.agent?.next_state, disabled, commands)}
  `;
}
