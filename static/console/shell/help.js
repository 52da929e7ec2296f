import { html, render } from "../../vendor/lit-html.js";
import { t } from "./i18n.js";
import { CHOICE_KEYS, SHORTCUTS } from "./keyboard.js";

/** @import {Keyboard} from "./keyboard.js" */

/** The dialog that lists the shortcuts and can turn them off. */
export class Help {
  #dialog;
  #keyboard;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Keyboard} keyboard
   */
  constructor(dialog, keyboard) {
    this.#dialog = dialog;
    this.#keyboard = keyboard;
  }

  open() {
    render(this.#content(), this.#dialog);
    this.#dialog.showModal();
  }

  #content() {
    const turn = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
      this.#keyboard.turn(event.target.checked);
    return html`<h2 id="help-heading">${t("Keyboard shortcuts")}</h2>
      <dl class="shortcuts">
        ${[...SHORTCUTS, CHOICE_KEYS].map(
          ({ key, text }) => html`<div>
            <dt><kbd translate="no">${key.toUpperCase()}</kbd></dt>
            <dd>${t(text)}</dd>
          </div>`,
        )}
      </dl>
      <label class="choice">
        <input type="checkbox" .checked=${this.#keyboard.isOn} @change=${turn} />
        ${t("Use single-key shortcuts")}
      </label>
      <p class="hint">${t("Shortcuts are off while you type in a field.")}</p>
      <form method="dialog">
        <button class="button primary">${t("Close")}</button>
      </form>`;
  }
}

/**
 * Show the button that opens the help.
 * @param {() => void} open
 */
export function helpButton(open) {
  return html`<section class="panel quiet">
    <button type="button" class="link-button" @click=${open}>
      ${t("Keyboard shortcuts")} <kbd translate="no" aria-hidden="true">?</kbd>
    </button>
  </section>`;
}
