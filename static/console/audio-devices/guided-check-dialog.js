/** The dialog of the guided check: opens and closes as the state says. */

import { render } from "../../vendor/lit-html.js";
import { guidedCheckView } from "./guided-check-view.js";

/** @import {Devices} from "../../audio/devices.js" */
/** @import {State} from "../state/state.js" */
/** @import {Commands} from "./guided-check-view.js" */

export class GuidedCheckDialog {
  #dialog;
  #commands;
  #step = /** @type {string | null} */ (null);

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Commands} commands
   */
  constructor(dialog, commands) {
    this.#dialog = dialog;
    this.#commands = commands;
    dialog.addEventListener("close", () => this.#commands.guided.close());
  }

  /**
   * @param {State} state
   * @param {Devices} devices
   */
  draw(state, devices) {
    const { step } = state.guided;
    if (step === null) {
      this.#dialog.close();
    } else {
      render(guidedCheckView(state, devices, this.#commands), this.#dialog);
      if (!this.#dialog.open) {
        this.#dialog.showModal();
      }
    }
    if (step !== this.#step && step !== null) {
      // A voice reads the new step; a key press goes on from there.
      /** @type {HTMLElement | null} */ (
        this.#dialog.querySelector("#guided-step-heading")
      )?.focus();
    }
    this.#step = step;
  }
}
