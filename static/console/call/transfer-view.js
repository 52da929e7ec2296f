/** The targets of a transfer: agents and queues, found by typing. */

import { html, nothing } from "../../vendor/lit-html.js";
import { plural, t } from "../shell/i18n.js";
import { people } from "../shell/icons.js";
import { stateBadge } from "../shell/state-badge.js";
import { callerName, initials, stateLabel } from "../state/labels.js";
import { myCall } from "../state/selectors.js";
import { isWaiting, pendingTransfer } from "../state/transfer.js";
import { isByKey } from "./ending.js";
import { foundTargets } from "./transfer-targets.js";

/** @import {EndingCommands} from "./ending.js" */
/** @import {TransferCommands} from "./transfer.js" */
/** @import {AgentTarget, QueueTarget} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * @param {State} state
 * @param {TransferCommands} commands
 * @param {EndingCommands} ending
 */
export function transferView(state, commands, ending) {
  const call = myCall(state);
  const caller = call === null ? "" : callerName(call);
  const typed = (/** @type {Event & {target: HTMLInputElement}} */ event) =>
    commands.filter(event.target.value);
  return html`<header class="transfer-head">
      <h2 id="transfer-heading">${t("Transfer {caller}", { caller })}</h2>
      <button type="button" class="button" @click=${() => commands.close()}>
        ${t("Cancel")}
      </button>
    </header>
    <label class="field">
      <span>${t("Find an agent or a queue")}</span>
      <input
        id="transfer-filter"
        type="search"
        autocomplete="off"
        spellcheck="false"
        maxlength="60"
        .value=${state.transfer.filter}
        @input=${typed}
      />
    </label>
    <p class="field-problem" role="alert">${state.transfer.problem}</p>
    <div class="targets">${targetsView(state, commands, ending)}</div>
    <p class="hint">
      ${t("Consult: {caller} hears music while you talk to your colleague.", { caller })}
    </p>`;
}

/**
 * @param {State} state
 * @param {TransferCommands} commands
 * @param {EndingCommands} ending
 */
function targetsView(state, commands, ending) {
  const { transfer } = state;
  if (transfer.targets === null) {
    return html`<p class="hint" role="status">${t("Loading agents and queues…")}</p>`;
  }
  const { agents, queues } = foundTargets(transfer);
  if (agents.length + queues.length === 0) {
    const text = transfer.filter
      ? t("No agent or queue matches “{name}”.", { name: transfer.filter })
      : t("There is no one else to transfer to.");
    return html`<p class="hint" role="status">${text}</p>`;
  }
  return html`${group(
    t("Agents"),
    agents.map((agent) => agentRow(state, agent, commands, ending)),
  )}
  ${group(
    t("Queues"),
    queues.map((queue) => queueRow(state, queue, ending)),
  )}`;
}

/**
 * @param {string} title
 * @param {unknown[]} rows
 */
function group(title, rows) {
  return rows.length === 0
    ? nothing
    : html`<h3>${title}</h3>
        <ul aria-label=${title}>${rows}</ul>`;
}

/**
 * @param {State} state
 * @param {AgentTarget} agent
 * @param {TransferCommands} commands
 * @param {EndingCommands} ending
 */
function agentRow(state, { id, name, state: at, can_take }, commands, ending) {
  const key = `agent-${id}`;
  return html`<li class="target" data-target data-free=${can_take}>
    <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
    <div class="target-words">
      <strong id=${`target-${key}`} class="target-name" translate="no">${name}</strong>
      ${stateBadge(at, t(stateLabel(at)))}
    </div>
    ${button(state, key, t("Consult"), "consult", can_take, () => commands.consult(id))}
    ${button(state, key, t("Transfer"), "transfer", can_take, (click) =>
      ending.transfer("toAgent", id, name, isByKey(click)),
    )}
  </li>`;
}

/**
 * @param {State} state
 * @param {QueueTarget} queue
 * @param {EndingCommands} ending
 */
function queueRow(state, { id, name, waiting, ready }, ending) {
  const key = `queue-${id}`;
  return html`<li class="target" data-target data-free=${ready > 0}>
    <span class="avatar" translate="no" aria-hidden="true">${people()}</span>
    <div class="target-words">
      <strong id=${`target-${key}`} class="target-name" translate="no">${name}</strong>
      <span class="target-state"
        >${plural("{count} available", "{count} available", ready)}</span
      >
      <span class="target-state"
        >${plural("{count} waiting", "{count} waiting", waiting)}</span
      >
    </div>
    ${button(state, key, t("Transfer"), "transfer", true, (click) =>
      ending.transfer("toQueue", id, name, isByKey(click)),
    )}
  </li>`;
}

/**
 * @param {State} state
 * @param {string} key
 * @param {string} label
 * @param {string} verb
 * @param {boolean} possible
 * @param {(click: MouseEvent) => void} action
 */
function button(state, key, label, verb, possible, action) {
  const pending = pendingTransfer(state);
  const isPressed = pending?.verb === verb && pending.value.to === key;
  return html`<button
    type="button"
    class="button"
    aria-describedby=${`target-${key}`}
    aria-busy=${isPressed}
    ?disabled=${!possible || isWaiting(state)}
    @click=${action}
  >
    ${label}
  </button>`;
}
