/** What a supervisor can do with a call: the last cell of its row. */

import { rowView } from "../supervision/view.js";
import { html, nothing } from "../vendor/lit-html.js";
import { ordersButton } from "./agent-actions.js";
import { callerOf } from "./words.js";

/** @import {SteppingIn} from "../supervision/stepping-in.js" */
/** @import {Call} from "./snapshot.js" */

/**
 * @param {Call} call
 * @param {SteppingIn | null} steppingIn null: who watches may not
 * @param {boolean} mayDirect
 */
export function callActions(call, steppingIn, mayDirect) {
  const { id, status, agent } = call;
  const now = { id, status, agent: agent?.name ?? null };
  const ways = steppingIn === null ? nothing : rowView(steppingIn, now);
  const orders = mayDirect ? ordersButton("call", id, callerOf(call)) : nothing;
  return html`<td class="call-actions" data-call-id=${id}>${ways}${orders}</td>`;
}
