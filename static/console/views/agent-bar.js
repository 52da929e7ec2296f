import { html, nothing } from "../../vendor/lit-html.js";
import { timer } from "./parts.js";

/** @import {State} from "../store.js" */
/** @import {Actions} from "./screen.js" */

/**
 * How long the agent has been in this state.
 * @param {State} state
 * @param {number} now
 */
export function stateTimer(state, now) {
  const known = state.connection === "online" && state.agent !== null;
  return known ? timer(state.agent?.state_since, now, "In this state for") : nothing;
}

/** @param {State} state */
export function stateName(state) {
  return state.connection === "online" ? (state.agent?.state ?? "") : "reconnecting";
}

/**
 * The states the agent may choose now. In a call there is none to choose.
 * @param {State} state
 * @param {boolean} opening whether the browser is asking for the microphone
 * @param {Actions} actions
 */
export function stateButtons(state, opening, actions) {
  const offline = state.connection !== "online";
  const at = state.agent?.state ?? "";
  const button = (
    /** @type {string} */ label,
    /** @type {string} */ look,
    /** @type {() => void} */ action,
  ) =>
    html`<button
      type="button"
      class=${look}
      ?disabled=${offline || opening}
      @click=${action}
    >
      ${label}
    </button>`;
  return html`
    ${
      at === "offline" || at === "on_break"
        ? button("Go available", "button primary", actions.goAvailable)
        : nothing
    }
    ${at === "available" ? button("Take a break", "button", actions.takeBreak) : nothing}
    ${
      at === "available" || at === "on_break"
        ? button("Go offline", "button", actions.goOffline)
        : nothing
    }
  `;
}
