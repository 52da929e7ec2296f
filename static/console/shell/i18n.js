/**
 * Texts in the agent's language. The page carries the catalogue that Django has, so
 * both say the same; what it lacks stays English.
 */

/** @type {Record<string, string | string[]>} */
let catalogue = {};

/**
 * Take the catalogue from the page; without one everything stays as written.
 * @param {string | null | undefined} json English text to its translation, or to the
 *   translations of one and of many
 */
export function loadCatalogue(json) {
  catalogue = json ? JSON.parse(json) : {};
}

/** Return what numbers, dates and times are written in; English ones as in Europe. */
export function locale() {
  const language = globalThis.document?.documentElement.lang || "en";
  return language === "en" ? "en-GB" : language;
}

/**
 * Translate a text of this page, or a sentence of the server.
 * @param {string} text with `{names}` where values belong
 * @param {Record<string, string | number>} values
 */
export function t(text, values = {}) {
  const known = catalogue[text];
  return filled(typeof known === "string" ? known : (known?.[1] ?? text), values);
}

/**
 * Mark for the catalogue a text that is kept in a table and goes through `t` where it
 * is shown.
 * @param {string} text
 */
export function marked(text) {
  return text;
}

/**
 * Translate a text that differs for one and for many; `{count}` stands for the number.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 */
export function plural(one, many, count) {
  const known = catalogue[one];
  const [single, several] = Array.isArray(known) ? known : [one, many];
  return filled(count === 1 ? single : several, { count });
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => `${values[name] ?? whole}`);
}
