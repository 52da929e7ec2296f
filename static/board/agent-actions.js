/** What a supervisor can do for an agent: the last cell of the agent's row. */

import { html } from "../vendor/lit-html.js";

/** @import {Agent} from "./snapshot.js" */

/**
 * Return the cell; what mounts there finds it by its class and the agent's id.
 * @param {Agent} agent
 */
export function agentActions(agent) {
  return html`<td class="agent-actions" data-agent-id=${agent.id}></td>`;
}
