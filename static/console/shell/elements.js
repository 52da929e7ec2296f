/** Small pieces that many views are made of. */

import { html, nothing } from "../../vendor/lit-html.js";
import { formatDuration, secondsSince, spokenDuration } from "./clock.js";
import { t } from "./i18n.js";

/**
 * Show a running time since an instant of the server's.
 * @param {string | null | undefined} since ISO 8601
 * @param {number} now milliseconds of the epoch by the server's clock
 * @param {string} label
 */
export function timer(since, now, label) {
  return duration(secondsSince(since, now), label);
}

/**
 * Show a time that runs, counted elsewhere.
 * @param {number} seconds
 * @param {string} label
 */
export function duration(seconds, label) {
  return html`<span
    class="timer" translate="no"
    role="timer"
    aria-label=${`${label} ${spokenDuration(seconds)}`}
    >${formatDuration(seconds)}</span
  >`;
}

/**
 * Link to a contact's chat in Wati, in a window that knows nothing of this one.
 * @param {string | undefined} address
 */
export function chatLink(address) {
  return address?.startsWith("https://")
    ? html`<a class="link-button chat-link" href=${address} target="_blank" rel="noopener"
        >${t("Open chat in Wati")}</a
      >`
    : nothing;
}
