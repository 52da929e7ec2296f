/** What goes on in this agent's queues, and their own day so far. Pure. */

/** @import {Named} from "./snapshot.js" */
/** @import {Floor, State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const FLOOR_REDUCERS = {
  floor: (state, { queues, agents, signed_in, ended }) =>
    changed(state, { queues, agents, signedIn: signed_in, ended, isKnown: true }),
  dayAsked: (state, { request }) => changed(state, { dayRequest: request }),
  my_day: (state, { day, request }) =>
    request === state.floor.dayRequest ? changed(state, { day }) : state,
};

/**
 * @param {State} state
 * @param {Partial<Floor>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, floor: { ...state.floor, ...changes } };
}

/**
 * Take the names of the queues; their figures come by themselves. What was known before
 * a connection was lost is not shown as if it were so now.
 * @param {State} state
 * @param {Named[]} queues
 * @param {boolean} isBack
 * @returns {State}
 */
export function floorRefreshed(state, queues, isBack) {
  const known = isBack ? [] : state.floor.queues;
  const rows = queues.map(
    ({ id, name }) =>
      known.find((one) => String(one.id) === String(id)) ?? {
        id,
        name,
        waiting: null,
        waiting_since: null,
        ready: null,
      },
  );
  const { isKnown, agents } = state.floor;
  return changed(state, {
    queues: rows,
    isKnown: isKnown && !isBack,
    agents: isBack ? [] : agents,
  });
}

/**
 * Return how many seconds of a daily allowance are left; negative once it is exceeded.
 * @param {{name: string, allowed: number, used: number}} one
 * @param {State["agent"]} agent
 * @param {number} now milliseconds of the epoch
 */
export function breakLeft({ name, allowed, used }, agent, now) {
  const isOn = agent?.state === "on_break" && agent.reason === name;
  const since = isOn ? Date.parse(agent.state_since ?? "") : Number.NaN;
  const running = Number.isNaN(since) ? 0 : Math.max(0, (now - since) / 1000);
  return Math.round(allowed - used - running);
}
