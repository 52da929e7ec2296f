import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";

/**
 * Show, above everything, that microphone or speaker cannot be used.
 * @param {string} problem a sentence, or nothing
 * @param {() => void} tryAgain
 */
export function audioProblemBanner(problem, tryAgain) {
  return problem === ""
    ? nothing
    : html`<div class="banner">
        <p>${problem}</p>
        <button type="button" class="button small" @click=${tryAgain}>
          ${t("Try again")}
        </button>
      </div>`;
}
