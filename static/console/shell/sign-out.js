import { html, render } from "../../vendor/lit-html.js";
import { t } from "./i18n.js";

/** Asks in the page before a sign-out that would cost the agent their call. */
export class SignOut {
  #form;
  #dialog;

  /** Return why not to, as a sentence; nothing when it costs nothing. */
  costs = () => "";

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLDialogElement} dialog
   */
  constructor(form, dialog) {
    this.#form = form;
    this.#dialog = dialog;
    form.addEventListener("submit", (event) => this.#pressed(event));
  }

  /** @param {Event} event */
  #pressed(event) {
    const costs = this.costs();
    if (costs) {
      event.preventDefault();
      render(this.#question(costs), this.#dialog);
      this.#dialog.showModal();
    }
  }

  /** @param {string} costs */
  #question(costs) {
    return html`<h2 id="sign-out-heading">${t("Sign out")}</h2>
      <p>${costs}</p>
      <form method="dialog" class="button-row">
        <button class="button primary" autofocus>${t("Cancel")}</button>
        <button type="button" class="button" @click=${() => this.#signOut()}>
          ${t("Sign out anyway")}
        </button>
      </form>`;
  }

  #signOut() {
    const anyway = document.createElement("input");
    anyway.type = "hidden";
    anyway.name = "anyway";
    anyway.value = "1";
    this.#form.append(anyway);
    this.#form.submit();
  }
}
