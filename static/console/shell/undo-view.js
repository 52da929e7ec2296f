import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "./i18n.js";

/**
 * Show what a key is about to do, and the way back.
 * @param {string} text empty: nothing
 * @param {() => void} takeBack
 */
export function undoView(text, takeBack) {
  return text === ""
    ? nothing
    : html`<div class="undo">
        <p>${text}</p>
        <button type="button" class="button small" @click=${takeBack}>
          ${t("Undo")} <kbd translate="no" aria-hidden="true">${t("Esc")}</kbd>
        </button>
      </div>`;
}
