/** The dialog for a transfer: opens and closes as the state says, and follows the keys. */

import { render } from "../../vendor/lit-html.js";
import { nextTarget } from "../shell/arrow-keys.js";
import { transferView } from "./transfer-view.js";

/** @import {EndingCommands} from "./ending.js" */
/** @import {TransferCommands} from "./transfer.js" */
/** @import {State} from "../state/state.js" */

export class TransferDialog {
  #dialog;
  #commands;
  #ending;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {TransferCommands} commands
   * @param {EndingCommands} ending
   */
  constructor(dialog, commands, ending) {
    this.#dialog = dialog;
    this.#commands = commands;
    this.#ending = ending;
    dialog.addEventListener("close", () => this.#commands.close());
    dialog.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {State} state */
  draw(state) {
    const isOpen = state.transfer.open !== null;
    if (isOpen) {
      render(transferView(state, this.#commands, this.#ending), this.#dialog);
    }
    if (isOpen && !this.#dialog.open) {
      this.#dialog.showModal();
      this.#field?.focus();
    } else if (!isOpen && this.#dialog.open) {
      this.#dialog.close();
    }
  }

  get #field() {
    return /** @type {HTMLElement | null} */ (this.#dialog.querySelector("input"));
  }

  get #rows() {
    const rows = [...this.#dialog.querySelectorAll("[data-target]")];
    return rows.map((row) => [
      .../** @type {NodeListOf<HTMLElement>} */ (
        row.querySelectorAll("button:not(:disabled)")
      ),
    ]);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const rows = this.#rows;
    const row = rows.findIndex((buttons) =>
      buttons.some((button) => button === event.target),
    );
    const at =
      row < 0
        ? null
        : { row, column: rows[row].indexOf(/** @type {HTMLElement} */ (event.target)) };
    const counts = rows.map((buttons) => buttons.length);
    const next = nextTarget(counts, at, event.key);
    if (next === undefined) {
      return;
    }
    event.preventDefault();
    const element = next === null ? this.#field : rows[next.row][next.column];
    element?.focus();
  }
}
