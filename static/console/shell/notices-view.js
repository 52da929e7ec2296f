import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "./i18n.js";
import { cross } from "./icons.js";

/** @import {Connection} from "./socket.js" */

/**
 * Show, above everything, that there is no connection.
 * @param {Connection} connection
 * @param {string} signInAddress
 * @param {() => void} reconnect
 */
export function connectionBanner(connection, signInAddress, reconnect) {
  if (connection === "lost") {
    return html`<div class="banner">
      <p>
        ${t(
          "The connection to the server is lost. Reconnecting automatically; a call in progress keeps its own connection.",
        )}
      </p>
      <button type="button" class="button small" @click=${reconnect}>
        ${t("Try now")}
      </button>
    </div>`;
  }
  if (connection === "refused") {
    return html`<div class="banner">
      <p>${t("This user is not an agent, so no calls can ring here. Ask a supervisor.")}</p>
      <a class="button small" href=${signInAddress}>${t("Sign in as another user")}</a>
    </div>`;
  }
  return nothing;
}

/**
 * Show what just happened, newest last.
 * @param {{id: number, who: string, text: string, tone: string}[]} notices
 * @param {(id: number) => void} dismiss
 */
export function noticesView(notices, dismiss) {
  return notices.map(
    ({ id, who, text, tone }) => html`<div class="note" data-tone=${tone}>
      <p>${who ? html`<strong translate="no">${who}</strong> ` : nothing}<span>${text}</span></p>
      <button
        type="button"
        class="icon-button"
        aria-label=${t("Dismiss")}
        @click=${() => dismiss(id)}
      >
        ${cross()}
      </button>
    </div>`,
  );
}
