/** The agents: a row of the table for each, and a cell on the wall. */

import { secondsSince } from "../console/shell/clock.js";
import { t } from "../console/shell/i18n.js";
import { html, nothing } from "../vendor/lit-html.js";
import { agentActions } from "./agent-actions.js";
import { callSeconds } from "./calls-view.js";
import { agentLevel, callLevel } from "./levels.js";
import { duration, levelMark, pill } from "./marks.js";
import { agentState, callerOf, nextWords } from "./words.js";

/** @import {Agent, Board, Call, Queue} from "./snapshot.js" */

/**
 * @typedef {object} AgentItem all that a row shows
 * @property {number} id
 * @property {Agent} agent
 * @property {Call | null} call as much of it as shows
 * @property {Queue[]} queues those whose thresholds count
 */

/**
 * Return those who want a supervisor first, and those who are off last; each part by
 * name.
 * @param {Board} board
 * @param {Board} whole with all calls: an agent may talk for another queue
 * @returns {AgentItem[]}
 */
export function agentItems(board, whole) {
  const calls = new Map(whole.calls.map((call) => [call.id, call]));
  const queues = new Map(whole.queues.map((queue) => [queue.id, queue]));
  const items = board.agents.map((agent) => {
    const call = calls.get(agent.call ?? "") ?? null;
    const ids = judgedBy(agent, call);
    return {
      id: agent.id,
      agent,
      call: call === null ? null : { ...call, version: 0, way: [] },
      queues: ids.flatMap((id) => withThresholds(queues.get(id))),
    };
  });
  const rank = (/** @type {AgentItem} */ { agent }) =>
    agent.hand !== null ? 0 : agent.state === "offline" ? 2 : 1;
  return items.sort((one, other) => rank(one) - rank(other));
}

/**
 * @param {Agent} agent
 * @param {Call | null} call
 * @returns {number[]}
 */
function judgedBy(agent, call) {
  if (agent.state === "wrap_up") {
    return agent.queues;
  }
  return call === null || call.queue === null ? [] : [call.queue];
}

/**
 * Leave out what changes without a change for the agent.
 * @param {Queue | undefined} queue
 * @returns {Queue[]}
 */
function withThresholds(queue) {
  if (queue === undefined) {
    return [];
  }
  const { id, name, thresholds } = queue;
  return [/** @type {Queue} */ ({ id, name, thresholds })];
}

/**
 * @param {AgentItem} item
 * @param {number} now
 */
function judged({ agent, call, queues }, now) {
  const known = new Map(queues.map((queue) => [queue.id, queue]));
  const seconds = secondsSince(agent.since, now);
  const ofCall = call === null ? "" : callLevel(call, callSeconds(call, now), known);
  return { seconds, level: agentLevel(agent, seconds, now, known, ofCall) };
}

/**
 * @param {AgentItem} item
 * @param {number} now
 * @param {HTMLElement} element
 * @param {boolean} mayDirect
 */
export function agentRow(item, now, element, mayDirect) {
  const { agent, call } = item;
  const { seconds, level } = judged(item, now);
  element.dataset.level = level;
  element.dataset.state = agent.state;
  const next = nextWords(agent);
  return html`<th scope="row">${agent.name}${handView(agent, now)}</th>
    <td class="state">${pill(agent.state, agentState(agent))}${levelMark(level)}
      ${next === "" ? nothing : html`<span class="note">${next}</span>`}</td>
    <td class="time">${agent.state === "offline" ? "" : duration(seconds)}</td>
    <td class="call">${call === null ? "" : html`<bdi>${callerOf(call)}</bdi>`}</td>
    <td class="reason">${reasonOf(agent)}</td>
    ${agentActions(agent, mayDirect)}`;
}

/**
 * Show that the agent wants a supervisor, why, and for how long.
 * @param {Agent} agent
 * @param {number} now
 */
function handView({ hand }, now) {
  if (hand === null) {
    return nothing;
  }
  return html`<span class="hand">${t("Hand raised")}
    <span class="time">${duration(secondsSince(hand.since, now))}</span>
    ${hand.reason === "" ? nothing : html`<bdi>${hand.reason}</bdi>`}</span>`;
}

/**
 * @param {AgentItem} item
 * @param {number} now
 * @param {HTMLElement} element
 */
export function agentCell(item, now, element) {
  const { agent, call } = item;
  const { seconds, level } = judged(item, now);
  element.className = "cell";
  element.dataset.level = level;
  element.dataset.state = agent.state;
  return html`<span class="name">${agent.name}</span>${levelMark(level)}
    ${agent.hand === null ? nothing : html`<span class="hand">${t("Hand raised")}</span>`}
    <span class="state">${agentState(agent)}</span>
    ${agent.state === "offline" ? nothing : duration(seconds)}
    <span class="call">${call === null ? reasonOf(agent) : callerOf(call)}</span>`;
}

/**
 * Return the break, or the sentence why the console cannot ring.
 * @param {Agent} agent
 */
function reasonOf(agent) {
  return agent.state === "cannot_ring" ? t(agent.reason) : agent.reason;
}
