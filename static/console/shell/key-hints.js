/** Keys as they stand beside what they do; the whole page has one choice of them. */

import { html, nothing } from "../../vendor/lit-html.js";
import { writtenKey } from "./keyboard.js";

/** @import {KeyMode} from "./keyboard.js" */

/** @type {KeyMode} */
let mode = "off";

/** @param {KeyMode} chosen */
export function showKeys(chosen) {
  mode = chosen;
}

/**
 * Show a key on its button, where it is one letter; it is no part of the button's name.
 * @param {string} verb
 */
export function keyHint(verb) {
  const key = writtenKey(verb, mode);
  return key.length === 1
    ? html`<kbd translate="no" aria-hidden="true">${key}</kbd>`
    : nothing;
}

/**
 * Return the value of aria-keyshortcuts; nothing when no key does it.
 * @param {string} verb
 */
export function ariaKeys(verb) {
  return writtenKey(verb, mode) || nothing;
}

/**
 * Name the key in a sentence; empty when no key does it.
 * @param {string} verb
 */
export function keyName(verb) {
  return writtenKey(verb, mode);
}
