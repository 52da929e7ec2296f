/** What a supervisor can do with a call: the last cell of its row. */

import { html } from "../vendor/lit-html.js";

/** @import {Call} from "./snapshot.js" */

/**
 * Return the cell; what mounts there finds it by its class and the call's id.
 * @param {Call} call
 */
export function callActions(call) {
  return html`<td class="call-actions" data-call-id=${call.id}></td>`;
}
