/** Boards as the server sends them, for tests. */

export const NOW = Date.parse("2026-11-30T12:00:00Z");

/** @param {number} seconds */
export function ago(seconds) {
  return new Date(NOW - 1000 * seconds).toISOString();
}

/** @type {import("../../../static/board/snapshot.js").Queue["thresholds"]} */
export const THRESHOLDS = {
  service: [80, 60],
  waiting: [3, 6],
  wait: [30, 60],
  abandoned: [5, 10],
  available: [2, 1],
  talk: [600, 1200],
  hold: [60, 180],
  wrap_up: [60, 180],
};

/** @param {Partial<import("../../../static/board/snapshot.js").Service>} fields */
export function service(fields = {}) {
  return {
    offered: 0,
    answered: 0,
    abandoned: 0,
    service: /** @type {[number, number]} */ ([0, 0]),
    gave_up: /** @type {[number, number]} */ ([0, 0]),
    ...fields,
  };
}

/** @param {Partial<import("../../../static/board/snapshot.js").Queue>} fields */
export function queue(fields = {}) {
  return {
    id: 1,
    name: "Support",
    waiting: 0,
    waits_since: null,
    available: 2,
    busy: 0,
    signed_in: 2,
    thresholds: THRESHOLDS,
    service_seconds: 20,
    hour: service(),
    today: service(),
    ...fields,
  };
}

/** @param {Partial<import("../../../static/board/snapshot.js").Agent>} fields */
export function agent(fields = {}) {
  return {
    id: 1,
    name: "Ana",
    state: "available",
    since: ago(10),
    until: null,
    reason: "",
    next: "",
    hand: null,
    is_there: true,
    queues: [1],
    call: null,
    ...fields,
  };
}

/** @param {Partial<import("../../../static/board/snapshot.js").Call>} fields */
export function call(fields = {}) {
  return /** @type {import("../../../static/board/snapshot.js").Call} */ ({
    id: "c1",
    version: 1,
    direction: "inbound",
    status: "active",
    name: "Carla",
    number: "+49 1511 2345678",
    line: "Shop",
    queue: 1,
    agent: { id: 1, name: "Ana" },
    others: [],
    rings_at: [],
    since: ago(40),
    state_since: ago(30),
    figure: "talk",
    without: 0,
    muted: false,
    unheard: "",
    console_lost_until: null,
    way: [],
    ...fields,
  });
}

/** @param {Partial<import("../../../static/board/snapshot.js").Board>} fields */
export function board(fields = {}) {
  return {
    version: 1,
    server_time: ago(0),
    queues: [queue()],
    elsewhere: { hour: service(), today: service() },
    agents: [agent()],
    calls: [],
    alerts: [],
    ...fields,
  };
}
