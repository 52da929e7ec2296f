/** Small things that several parts of the board draw. */

import { formatDuration, spokenDuration } from "../console/shell/clock.js";
import { html, nothing, svg } from "../vendor/lit-html.js";
import { levelWord } from "./words.js";

/** @import {Level} from "./levels.js" */

/**
 * Return a mark with a word for a level: colour is never alone.
 * @param {Level} level
 */
export function levelMark(level) {
  if (level === "") {
    return nothing;
  }
  const shape =
    level === "alarm"
      ? svg`<path d="M8 1 15 14H1Z"></path>`
      : svg`<circle cx="8" cy="8" r="6"></circle>`;
  return html`<svg class="level-mark" viewBox="0 0 16 16" role="img"
    aria-label=${levelWord(level)}>${shape}</svg>`;
}

/**
 * Return a duration, in words for a screen reader.
 * @param {number} seconds
 */
export function duration(seconds) {
  return html`<span class="duration" aria-hidden="true">${formatDuration(seconds)}</span
    ><span class="visually-hidden">${spokenDuration(seconds)}</span>`;
}

/**
 * @param {string} kind of which the colour is, as in the stylesheet
 * @param {string} words
 */
export function pill(kind, words) {
  return html`<span class="pill" data-kind=${kind}>${words}</span>`;
}
