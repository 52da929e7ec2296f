/** What a supervisor can do about an agent or a call as they are now. Pure. */

/** @import {Agent, Call} from "./snapshot.js" */

const WITH_A_CALL = new Set(["ringing", "in_call", "reconnecting", "wrap_up"]);
const TALKING = new Set(["in_call", "reconnecting"]);

/**
 * @typedef {object} AgentOrders
 * @property {boolean} now whether another state may begin at once
 * @property {boolean} afterCall whether it may follow the call
 * @property {"" | "wrap_up" | "stuck"} release what may be ended, if anything
 */

/**
 * @param {Pick<Agent, "state" | "call">} agent
 * @returns {AgentOrders}
 */
export function agentOrders({ state, call }) {
  const talks = TALKING.has(state) && call !== null;
  const isStuck = WITH_A_CALL.has(state) && state !== "wrap_up" && call === null;
  return {
    now: !talks,
    afterCall: WITH_A_CALL.has(state),
    release: state === "wrap_up" ? "wrap_up" : isStuck ? "stuck" : "",
  };
}

/**
 * Tell whether the caller waits, so that they can be moved.
 * @param {Pick<Call, "status" | "queue" | "agent">} call
 */
export function isMovable({ status, queue, agent }) {
  return ["ringing", "waiting"].includes(status) && queue !== null && agent === null;
}
