/** Ana and Carla talk; Bruno may be consulted. */

export const ANA = {
  id: 1,
  version: 1,
  name: "Ana",
  state: "in_call",
  state_since: null,
};
export const BRUNO = { ...ANA, id: 2, name: "Bruno" };
export const anaLeg = { agent: { id: 1, name: "Ana" }, mode: "talk", state: "joined" };
export const brunoLeg = (/** @type {string} */ state) => ({
  agent: { id: 2, name: "Bruno" },
  mode: "consult",
  state,
});

/**
 * Ana's call with Carla.
 * @returns {any}
 */
export function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "active",
    contact: { id: 7, name: "Carla", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [],
    agent: { id: 1, name: "Ana" },
    legs: [anaLeg],
    audio_url: "/ws/a",
    muted: false,
    created_at: "2026-01-05T09:00:00Z",
    answered_at: "2026-01-05T09:00:10Z",
    held_since: null,
    ended_at: null,
    ended_by: "",
    end_reason: "",
    end_text: "",
    ...changes,
  };
}

export const held = (changes = {}) =>
  carla({ status: "held", held_since: "2026-01-05T09:01:00Z", ...changes });
export const asking = () => held({ legs: [anaLeg, brunoLeg("ringing")] });
export const consulting = () => held({ legs: [anaLeg, brunoLeg("joined")] });
export const threeWay = () => carla({ legs: [anaLeg, brunoLeg("joined")] });
