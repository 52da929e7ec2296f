/** Finds, among those who could take the call, whom the agent types. */

/** @import {AgentTarget, Targets} from "../state/snapshot.js" */
/** @import {Transfer} from "../state/state.js" */

/**
 * Return the targets whose name holds every word that was typed: first who can take the
 * call, otherwise in alphabetical order.
 * @param {Transfer} transfer
 * @returns {Targets}
 */
export function foundTargets({ targets, filter }) {
  const words = plain(filter).split(/\s+/).filter(Boolean);
  const isFound = (/** @type {{name: string}} */ { name }) =>
    words.every((word) => plain(name).includes(word));
  const agents = (targets?.agents ?? []).filter(isFound).sort(byUse);
  const queues = (targets?.queues ?? []).filter(isFound).sort(byName);
  return { agents, queues };
}

/**
 * "Jose" finds José.
 * @param {string} text
 */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * @param {AgentTarget} one
 * @param {AgentTarget} other
 */
function byUse(one, other) {
  return Number(other.can_take) - Number(one.can_take) || byName(one, other);
}

/**
 * @param {{name: string}} one
 * @param {{name: string}} other
 */
function byName(one, other) {
  return one.name.localeCompare(other.name);
}
