import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { answeredCall, myCall, ringingCalls } from "../state/selectors.js";

/** @import {State} from "../state/state.js" */
/** @import {ShiftCommands} from "./commands.js" */

/**
 * Offer a call to try answering, holding and hanging up with.
 * @param {State} state
 * @param {ShiftCommands} shift
 */
export function trainingView(state, shift) {
  const isBusy = myCall(state) !== null || answeredCall(state) !== null;
  if (!state.shift.training || isBusy || ringingCalls(state).length > 0) {
    return nothing;
  }
  const isReady = state.agent?.state === "available" && state.connection === "online";
  return html`<section class="panel" aria-labelledby="training-heading">
    <h2 id="training-heading">${t("Training call")}</h2>
    <p class="hint">
      ${t("A recorded voice calls you here, as a customer would. The call counts nowhere.")}
    </p>
    <button
      type="button"
      class="button"
      ?disabled=${!isReady || !state.shift.primary}
      @click=${() => shift.askForTraining()}
    >
      ${t("Call me")}
    </button>
    ${isReady ? nothing : html`<p class="hint">${t("Go available first.")}</p>`}
  </section>`;
}
