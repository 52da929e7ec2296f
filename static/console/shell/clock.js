/**
 * The server's time, in the browser. Offsets are taken against a monotonic clock, so
 * neither a wrong laptop clock nor one set during a call moves a timer.
 */

import { plural, t } from "./i18n.js";

const SAMPLES = 12;

export class ServerClock {
  /** @type {number[]} */
  #offsets = [];

  /**
   * @param {string} serverTime ISO 8601, as sent with each message
   * @param {number} monotonic milliseconds, from performance.now()
   */
  observe(serverTime, monotonic) {
    const sent = Date.parse(serverTime);
    if (Number.isNaN(sent)) {
      return;
    }
    this.#offsets.push(sent - monotonic);
    if (this.#offsets.length > SAMPLES) {
      this.#offsets.shift();
    }
  }

  /** Forget what was seen: a laptop that slept did not count on. */
  reset() {
    this.#offsets = [];
  }

  /**
   * Milliseconds of the epoch by the server's clock; NaN before the first message.
   * A late message only makes its offset smaller, so the largest is the truest.
   * @param {number} monotonic
   */
  now(monotonic) {
    return this.#offsets.length > 0
      ? Math.max(...this.#offsets) + monotonic
      : Number.NaN;
  }
}

/**
 * Whole seconds from an instant of the server's until now, never negative; 0 while
 * either is unknown.
 * @param {string | null | undefined} since ISO 8601
 * @param {number} now milliseconds of the epoch
 */
export function secondsSince(since, now) {
  const elapsed = Math.floor((now - Date.parse(since ?? "")) / 1000);
  return elapsed > 0 ? elapsed : 0;
}

/**
 * 7 -> "0:07", 754 -> "12:34", 3723 -> "1:02:03".
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(Math.floor(seconds) % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Return the same for a screen reader: 754 -> "12 minutes 34 seconds".
 * @param {number} seconds
 */
export function spokenDuration(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = Math.floor(seconds) % 60;
  const spoken = [
    hours && plural("{count} hour", "{count} hours", hours),
    minutes && plural("{count} minute", "{count} minutes", minutes),
    rest && plural("{count} second", "{count} seconds", rest),
  ];
  return spoken.filter(Boolean).join(" ") || t("0 seconds");
}
