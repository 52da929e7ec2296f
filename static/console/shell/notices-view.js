import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "./i18n.js";
import { cross } from "./icons.js";

/** @import {State} from "../state/store.js" */
/** @import {Actions} from "../screen.js" */

/**
 * What stands above everything: a lost connection, sound that does not work.
 * @param {State} state
 * @param {string} signInAddress
 * @param {Actions} actions
 */
export function bannersView(state, signInAddress, actions) {
  return html`${connectionBanner(state, signInAddress, actions)}
  ${
    state.soundProblem
      ? html`<div class="banner">
        <p>${state.soundProblem}</p>
        <button type="button" class="button small" @click=${actions.openSound}>
          ${t("Try again")}
        </button>
      </div>`
      : nothing
  }`;
}

/**
 * @param {State} state
 * @param {string} signInAddress
 * @param {Actions} actions
 */
function connectionBanner(state, signInAddress, actions) {
  if (state.connection === "lost") {
    return html`<div class="banner">
      <p>
        ${t(
          "The connection to the server is lost. Trying again by itself; a call that " +
            "is going on keeps its own connection.",
        )}
      </p>
      <button type="button" class="button small" @click=${actions.reconnect}>
        ${t("Try now")}
      </button>
    </div>`;
  }
  if (state.connection === "refused") {
    return html`<div class="banner">
      <p>${t("This user is not an agent, so no calls can ring here. Ask a supervisor.")}</p>
      <a class="button small" href=${signInAddress}>${t("Sign in as another user")}</a>
    </div>`;
  }
  return nothing;
}

/**
 * What just happened, newest last.
 * @param {State} state
 * @param {Actions} actions
 */
export function notesView(state, actions) {
  return state.notes.map(
    (note) => html`<div class="note" data-tone=${note.tone}>
      <p>
        ${note.who ? html`<strong>${note.who}</strong> ` : nothing}<span
          >${note.text}</span
        >
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label=${t("Dismiss")}
        @click=${() => actions.dismiss(note.id)}
      >
        ${cross()}
      </button>
    </div>`,
  );
}
