import { html, nothing } from "../../vendor/lit-html.js";
import { plural, t } from "../shell/i18n.js";
import { when } from "../shell/times.js";
import { cardPerson, earlierCalls } from "../state/caller-card.js";

/** @import {Call, EarlierCall} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * Say in two lines what was before: how many calls, the last one, and the last note.
 * They keep their place while the server is asked, so that nothing moves under the
 * pointer.
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 */
export function earlierLine(state, call, now) {
  const person = cardPerson(state, call);
  const earlier = person === null ? [] : earlierCalls(person, call);
  const note = earlier.find(({ notes }) => notes !== "")?.notes ?? "";
  return html`<div class="ring-earlier">
    <p>${person === null ? nothing : countWords(earlier, now)}</p>
    <p class="ring-note">${note ? html`<bdi translate="no">${note}</bdi>` : nothing}</p>
  </div>`;
}

/** The server tells of no more. */
const MOST_TOLD = 8;

/**
 * @param {EarlierCall[]} earlier newest first
 * @param {number} now
 */
export function countWords(earlier, now) {
  const [last] = earlier;
  if (last === undefined) {
    return t("First call with this person");
  }
  const count =
    earlier.length < MOST_TOLD
      ? plural("{count} earlier call", "{count} earlier calls", earlier.length)
      : t("{count} earlier calls or more", { count: MOST_TOLD });
  const words = [when(last.at, now), t(last.result), last.agent].filter(Boolean);
  return t("{count}. Last: {call}", { count, call: words.join(", ") });
}
