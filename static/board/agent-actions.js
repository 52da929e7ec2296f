/** What a supervisor can do about an agent: the last cell of the agent's row. */

import { t } from "../console/shell/i18n.js";
import { html, nothing } from "../vendor/lit-html.js";

/** @import {Agent} from "./snapshot.js" */

/**
 * @param {Agent} agent
 * @param {boolean} mayDirect
 */
export function agentActions({ id, name }, mayDirect) {
  return html`<td class="agent-actions">${mayDirect ? ordersButton("agent", id, name) : nothing}</td>`;
}

/**
 * Return the button that opens the orders about an agent or a call.
 * @param {"agent" | "call"} kind
 * @param {string | number} id
 * @param {string} name
 */
export function ordersButton(kind, id, name) {
  return html`<button type="button" class="board-button" data-orders=${kind} data-id=${id}
    aria-haspopup="dialog" aria-label=${t("Actions for {name}", { name })}>${t("Actions")}</button>`;
}
