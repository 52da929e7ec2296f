/**
 * The live board as the server sends it (docs/board-websocket.md).
 *
 * @typedef {[number, number]} Pair a part, and the whole that it is of
 * @typedef {[number, number]} Levels from where on a figure warns, and is an alarm
 * @typedef {"service" | "waiting" | "wait" | "abandoned" | "available" | "talk" | "hold" | "wrap_up"} Figure
 *
 * @typedef {object} Service inbound calls of one interval
 * @property {number} offered
 * @property {number} answered
 * @property {number} abandoned
 * @property {Pair} service answered in time
 * @property {Pair} gave_up abandoned, without those who hung up at once
 *
 * @typedef {object} Queue
 * @property {number} id
 * @property {string} name
 * @property {number} waiting
 * @property {string | null} waits_since since when the first of them waits
 * @property {number} available
 * @property {number} busy
 * @property {number} signed_in
 * @property {Record<Figure, Levels>} thresholds
 * @property {number} service_seconds
 * @property {Service} hour the last 60 minutes
 * @property {Service} today
 *
 * @typedef {object} Agent
 * @property {number} id
 * @property {string} name
 * @property {string} state
 * @property {string} since
 * @property {string | null} until
 * @property {string} reason
 * @property {string} next
 * @property {{since: string, reason: string} | null} hand raised for a supervisor
 * @property {boolean} is_there
 * @property {number[]} queues
 * @property {string | null} call
 *
 * @typedef {{at: string, what: string, who: string}} Step
 *
 * @typedef {object} Call
 * @property {string} id
 * @property {number} version
 * @property {string} direction
 * @property {string} status
 * @property {string} name
 * @property {string} number
 * @property {string} line
 * @property {number | null} queue
 * @property {{id: number, name: string} | null} agent
 * @property {string[]} others
 * @property {string[]} rings_at
 * @property {string} since
 * @property {string | null} state_since
 * @property {Figure | ""} figure whose thresholds count from then
 * @property {number} without seconds of hold time in between
 * @property {boolean} muted
 * @property {string} unheard
 * @property {string | null} console_lost_until
 * @property {Step[]} way
 *
 * @typedef {object} Alert
 * @property {string} key
 * @property {string} kind
 * @property {"warn" | "alarm"} level
 * @property {string} text
 * @property {string} advice
 * @property {string} link
 * @property {string} link_text
 * @property {string | null} since
 * @property {number | null} queue
 *
 * @typedef {object} Board
 * @property {number} version
 * @property {string} server_time
 * @property {Queue[]} queues
 * @property {{hour: Service, today: Service}} elsewhere of no queue
 * @property {Agent[]} agents
 * @property {Call[]} calls
 * @property {Alert[]} alerts
 *
 * @typedef {object} Day
 * @property {string} start
 * @property {number} quarters of an hour: 92, 96 or 100
 * @property {string} zone
 * @property {{quarter: number, text: string}[]} marks
 * @property {string[]} states
 * @property {number[][]} calls quarter, queue, offered, answered, abandoned
 * @property {number[][]} agents quarter, queue, one count for each state
 */

/** Stands for all queues together. */
export const ALL = 0;

/**
 * Keep what belongs to one queue.
 * @param {Board} board
 * @param {number | null} queue null: everything
 * @returns {Board}
 */
export function filtered(board, queue) {
  if (queue === null) {
    return board;
  }
  const agents = board.agents.filter((agent) => agent.queues.includes(queue));
  const ids = new Set(agents.map((agent) => agent.id));
  return {
    ...board,
    queues: board.queues.filter((one) => one.id === queue),
    elsewhere: { hour: NO_CALLS, today: NO_CALLS },
    agents,
    calls: board.calls.filter(
      (call) =>
        call.queue === queue ||
        (call.queue === null && call.agent !== null && ids.has(call.agent.id)),
    ),
    alerts: board.alerts.filter((one) => one.queue === null || one.queue === queue),
  };
}

/** @type {Service} */
const NO_CALLS = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  service: [0, 0],
  gave_up: [0, 0],
};

/**
 * Return the queue that an address asks for.
 * @param {string} search
 * @returns {number | null}
 */
export function queueIn(search) {
  const asked = Number(new URLSearchParams(search).get("queue") ?? "");
  return Number.isInteger(asked) && asked > 0 ? asked : null;
}

/**
 * Return the same address with another queue.
 * @param {string} search
 * @param {number | null} queue
 */
export function withQueue(search, queue) {
  const parameters = new URLSearchParams(search);
  if (queue === null) {
    parameters.delete("queue");
  } else {
    parameters.set("queue", String(queue));
  }
  return `?${parameters}`;
}
