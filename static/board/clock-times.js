/** Times of day in the reader's language. A formatter is dear to make: each is kept. */

/** @type {Map<string, Intl.DateTimeFormat>} */
const kept = new Map();

/**
 * @param {number} at milliseconds of the epoch
 * @param {string} locale
 * @param {{seconds?: boolean, zone?: string}} how the browser's own zone, when missing
 */
export function clockTime(at, locale, { seconds = false, zone = "" } = {}) {
  const name = `${locale} ${seconds} ${zone}`;
  let formatter = kept.get(name);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat(locale, {
      hour: "2-digit",
      minute: "2-digit",
      second: seconds ? "2-digit" : undefined,
      timeZone: zone || undefined,
    });
    kept.set(name, formatter);
  }
  return formatter.format(at);
}
