import { html, nothing } from "../../vendor/lit-html.js";
import { callerHeading, initials } from "../state/calls.js";
import { formatDuration, secondsSince, spokenDuration } from "./clock.js";

/** @import {Call} from "../state/calls.js" */

/**
 * A running time since an instant of the server's.
 * @param {string | null | undefined} since ISO 8601
 * @param {number} now milliseconds of the epoch by the server's clock
 * @param {string} label
 */
export function timer(since, now, label) {
  const seconds = secondsSince(since, now);
  return html`<span
    class="timer"
    role="timer"
    aria-label=${`${label} ${spokenDuration(seconds)}`}
    >${formatDuration(seconds)}</span
  >`;
}

/**
 * Who is on the line: name, number where there is one, queue.
 * @param {Call} call
 * @param {string} heading id of the element that holds the name
 */
export function caller(call, heading) {
  const { name, number } = call.contact;
  return html`
    <span class="avatar" aria-hidden="true">${initials(name)}</span>
    <div class="caller">
      <h2 id=${heading}>${callerHeading(call)}</h2>
      ${
        number || call.queue
          ? html`<p class="caller-facts">
              ${number ? html`<span class="number">${number}</span>` : nothing}
              ${call.queue ? html`<span class="tag">${call.queue}</span>` : nothing}
            </p>`
          : nothing
      }
    </div>
  `;
}

/** @param {string} key as printed on the button; not a part of its name */
export function keyHint(key) {
  return html`<kbd aria-hidden="true">${key}</kbd>`;
}
