/** The permission to call a person, and until when or from when. */

import { html, nothing } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";
import { barred, check } from "../shell/icons.js";
import { ago, earliestText, left, when } from "../shell/times.js";

/** @import {Belief, Permission} from "../state/snapshot.js" */

export const ASK = marked("Request permission");

/**
 * @param {Permission} permission
 * @param {number} now
 */
export function permissionView({ allowed, sentence, advice, until, earliest }, now) {
  const limit = allowed ? untilText(until, now) : earliestText(earliest, now);
  return html`<p class="verdict" data-allowed=${allowed}>
      ${allowed ? check() : barred()}
      <span><strong>${t(sentence)}</strong> ${limit}</span>
    </p>
    ${isNews(advice) ? html`<p class="advice">${t(advice)}</p>` : nothing}`;
}

/**
 * Say in small print whether they may be called next: beside a call that goes on, that is
 * neither news nor in the way.
 * @param {Permission} permission
 * @param {number} now
 */
export function permissionNote({ allowed, sentence, until, earliest }, now) {
  const limit = allowed ? untilText(until, now) : earliestText(earliest, now);
  return html`<p class="next-call">
    <span>${t("Calling them back:")}</span> ${t(sentence)} ${limit}
  </p>`;
}

/**
 * Advice that only names the button beside it is left to the button.
 * @param {string} advice
 */
function isNews(advice) {
  return advice !== "" && t(advice).replace(/\.$/, "") !== t(ASK);
}

/**
 * Until when a yes is good; nothing when it has no end.
 * @param {string | null} until
 * @param {number} now
 */
export function untilText(until, now) {
  const rest = left(until, now);
  return until !== null && rest
    ? t("Allowed until {when} ({rest} left).", { when: when(until, now), rest })
    : "";
}

/**
 * Say how we know, and since when.
 * @param {Belief} belief
 * @param {number} now
 */
export function beliefText({ sentence, at }, now) {
  return t(sentence, { when: ago(at, now) });
}
