/** The question before a call of three is ended for all of them. */

import { html, render } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { isShared } from "../state/keys-now.js";
import { callerName } from "../state/labels.js";
import { consultedLeg, phaseOf } from "../state/participants.js";
import { myCall } from "../state/selectors.js";

/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * @typedef {object} Answers
 * @property {() => void} end for everyone
 * @property {() => void} leave the call to the colleague
 */

export class EndQuestion {
  #dialog;
  #call = "";

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
  }

  /**
   * @param {State} state
   * @param {Call} call
   * @param {Answers} answers
   */
  ask(state, call, answers) {
    this.#call = call.id;
    render(this.#content(state, call, answers), this.#dialog);
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
  }

  /**
   * Close it once there is nothing to ask any more.
   * @param {State} state
   */
  follow(state) {
    const call = myCall(state);
    const isDue = call?.id === this.#call && isShared(call, state.agent);
    if (this.#dialog.open && !isDue) {
      this.#dialog.close();
    }
  }

  /**
   * @param {State} state
   * @param {Call} call
   * @param {Answers} answers
   */
  #content(state, call, { end, leave }) {
    const isConsult = phaseOf(call, state.agent) === "consulting";
    const values = {
      caller: callerName(call),
      colleague: consultedLeg(call)?.agent.name ?? "",
    };
    const answer = (/** @type {() => void} */ act) => () => {
      this.#dialog.close();
      act();
    };
    return html`<h2 id="end-question-heading">${t("End the call for everyone?")}</h2>
      <p>
        ${
          isConsult
            ? t(
                "{caller} is on hold and would be cut off. {colleague} would be, too.",
                values,
              )
            : t("{caller} and {colleague} would be cut off.", values)
        }
      </p>
      <div class="answers">
        <button type="button" class="button" autofocus @click=${answer(() => {})}>
          ${t("Cancel")}
        </button>
        <button type="button" class="button" @click=${answer(leave)}>
          ${t("Leave the call to {colleague}", values)}
        </button>
        <button type="button" class="button hang-up" @click=${answer(end)}>
          ${t("End for everyone")}
        </button>
      </div>`;
  }
}
