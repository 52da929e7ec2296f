/** Which supervisors are in the call, as far as the agent is told. */
import { html, nothing } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";

/** @import {Call} from "../state/snapshot.js" */

/** @type {Record<string, string>} */
const SENTENCES = {
  listen: marked("Supervisor {name} is listening."),
  whisper: marked(
    "Supervisor {name} is whispering to you. The caller does not hear it.",
  ),
  barge: marked("Supervisor {name} is in the call."),
  take_over: marked("Supervisor {name} has taken over the call."),
};

/** @param {Call} call */
export function supervisorSentences(call) {
  return (call.supervisors ?? []).map(({ name, mode }) => t(SENTENCES[mode], { name }));
}

/** @param {Call} call */
export function supervisorsView(call) {
  const sentences = supervisorSentences(call);
  return html`<div class="supervisors" role="status" aria-label=${t("Supervisors")}>${
    sentences.length === 0 ? nothing : sentences.map((text) => html`<p>${text}</p>`)
  }</div>`;
}
