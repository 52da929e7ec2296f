/**
 * A browser's translator puts an element of its own in the place of each text it
 * translates. lit-html would go on to write into the text that is no longer in the page,
 * and the reader would see what was true a minute ago: "Mute" where it now unmutes.
 *
 * What must never be touched (states, times, names, numbers) says translate="no". All
 * else may be translated, and comes back as our own text whenever it changes.
 */

import { nothing, render } from "../../vendor/lit-html.js";

/**
 * @typedef {object} Part what lit-html calls a ChildPart; its names are the same in all
 *   versions of lit-html 3
 * @property {unknown} _$AH what was written last
 * @property {Node} _$AA the comment before it
 * @property {Node | null} _$AB what stands behind it, if anything does
 * @property {(value: unknown, parent?: unknown) => void} _$AI write a value
 */

/** To be called once, before anything is rendered. */
export function surviveTranslators() {
  const part = /** @type {Part} */ (render(nothing, document.createElement("div")));
  /** @type {Part} */
  const parts = Object.getPrototypeOf(part);
  const write = parts._$AI;
  parts._$AI = function (value, parent) {
    if (isText(this._$AH) && value !== this._$AH) restore(this);
    return write.call(this, value, parent);
  };
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string" || typeof value === "number";
}

/**
 * Put our own text back, unless it is still there.
 * @param {Part} part
 */
function restore(part) {
  const before = part._$AA;
  const found = before.nextSibling;
  if (found?.nodeType === Node.TEXT_NODE) return;
  const own = document.createTextNode(String(part._$AH));
  before.parentNode?.insertBefore(own, found);
  if (found?.nodeName === "FONT") /** @type {Element} */ (found).remove();
  // What stood behind it may have been a text, and gone the same way.
  if (part._$AB && part._$AB.parentNode !== before.parentNode) {
    part._$AB = own.nextSibling;
  }
}
