/** Ana, Bruno, and Carla's call as the server tells it. */

import { reduce } from "../../../static/console/state/reducer.js";
import { initialState } from "../../../static/console/state/state.js";

/** @type {any} */
export const ANA = {
  id: 1,
  version: 1,
  name: "Ana",
  state: "available",
  state_since: null,
};
export const BRUNO = { id: 2, name: "Bruno" };
export const NOW = Date.parse("2026-01-05T09:00:00Z");

/** @returns {any} */
export function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "ringing",
    contact: { id: 7, name: "Carla Gomes", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [1],
    offer_kinds: { 1: "queue" },
    from_agent: null,
    agent: null,
    legs: [],
    audio_url: "/ws/a",
    muted: false,
    created_at: "2026-01-05T08:58:00Z",
    queued_at: "2026-01-05T08:57:00Z",
    held_since: null,
    answered_at: null,
    ended_at: null,
    ended_by: "",
    end_reason: "",
    end_text: "",
    ...changes,
  };
}

export const leg = (/** @type {any} */ agent, mode = "consult", state = "joined") => ({
  agent,
  mode,
  state,
  joined_at: null,
});
export const anas = { agent: { id: 1, name: "Ana" }, offered_to: [] };
export const talking = (changes = {}) =>
  carla({ status: "active", answered_at: "2026-01-05T08:58:30Z", ...anas, ...changes });

/** @returns {any} */
export function work(changes = {}) {
  return {
    call: "carla-1",
    call_snapshot: talking({ status: "ended" }),
    notes: "",
    disposition: null,
    required: false,
    choices: [
      { id: 1, name: "Sold", children: [] },
      {
        id: 3,
        name: "Complaint",
        children: [
          { id: 31, name: "Late" },
          { id: 32, name: "Wrong" },
        ],
      },
    ],
    until: null,
    over: true,
    ...changes,
  };
}

export const CONNECTED = { type: "audio", audio: "connected" };

/** @param {any[]} calls @param {any} more */
export const told = (calls = [], more = {}) => ({
  type: "console",
  agent: ANA,
  calls,
  ...more,
});

/**
 * @param {any[]} actions
 * @returns {any}
 */
export function after(...actions) {
  return actions.reduce(
    (state, action, now) => reduce(state, action, now),
    initialState,
  );
}
