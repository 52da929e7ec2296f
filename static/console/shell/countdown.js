/** How long until an instant, and how long it is over, for the eye and for the ear. */

import { formatDuration, spokenDuration } from "./clock.js";
import { plural, t } from "./i18n.js";

/**
 * Whole seconds until then, negative once it is over; NaN while either is unknown.
 * @param {string | null | undefined} until ISO 8601
 * @param {number} now milliseconds of the epoch
 */
export function secondsUntil(until, now) {
  return Math.ceil((Date.parse(until ?? "") - now) / 1000);
}

/**
 * For a break with a limit: "12:31 left", then "just over", then "3 minutes over"; empty
 * without one.
 * @param {string | null | undefined} until
 * @param {number} now
 */
export function breakWords(until, now) {
  const seconds = secondsUntil(until, now);
  if (Number.isNaN(seconds)) {
    return "";
  }
  if (seconds > 0) {
    return t("{time} left", { time: formatDuration(seconds) });
  }
  const minutes = Math.floor(-seconds / 60);
  return minutes === 0
    ? t("just over")
    : plural("{count} minute over", "{count} minutes over", minutes);
}

/**
 * The countdown of the wrap-up: "0:42"; "0:00" for the moment until the server says so.
 * @param {string | null | undefined} until
 * @param {number} now
 */
export function countdown(until, now) {
  return formatDuration(Math.max(0, secondsUntil(until, now) || 0));
}

/**
 * @param {string | null | undefined} until
 * @param {number} now
 */
export function spokenCountdown(until, now) {
  return spokenDuration(Math.max(0, secondsUntil(until, now) || 0));
}
