/** The time until an instant, or since it, in digits and for screen readers. */

import { formatDuration, spokenDuration } from "./clock.js";

/**
 * Whole seconds until then, negative once it is over; NaN while either is unknown.
 * @param {string | null | undefined} until ISO 8601
 * @param {number} now milliseconds of the epoch
 */
export function secondsUntil(until, now) {
  return Math.ceil((Date.parse(until ?? "") - now) / 1000);
}

/**
 * Return the countdown of the wrap-up: "0:42"; "0:00" for the moment until the server
 * says so.
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
