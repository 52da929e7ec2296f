import { html, nothing } from "../../vendor/lit-html.js";
import { callerHeading, initials } from "../state/labels.js";

/** @import {Call} from "../state/snapshot.js" */

/**
 * Show who is on the line: name, number where there is one, queue.
 * @param {Call} call
 * @param {string} heading id of the element that holds the name
 */
export function callerView(call, heading) {
  const { name, number } = call.contact;
  return html`
    <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
    <div class="caller">
      <h2 id=${heading}><bdi translate="no">${callerHeading(call)}</bdi></h2>
      ${
        number || call.queue
          ? html`<p class="caller-facts">
              ${number ? html`<span class="number" translate="no">${number}</span>` : nothing}
              ${call.queue ? html`<span class="tag">${call.queue}</span>` : nothing}
            </p>`
          : nothing
      }
    </div>
  `;
}
