/** The five figures above the board, of one queue or of all that are shown. */

import { secondsSince } from "../console/shell/clock.js";
import { levelOf, worst } from "./levels.js";

/** @import {Level} from "./levels.js" */
/** @import {Agent, Board, Figure, Pair, Queue} from "./snapshot.js" */

/**
 * @typedef {object} Total
 * @property {Figure} figure
 * @property {number | null} value shares in percent, times in seconds
 * @property {Level} level the worst of the queues
 * @property {string} worst the name of that queue, if it is not the only one
 * @property {Pair | null} pair what a share is made of
 */

/**
 * @param {Board} board already filtered
 * @param {number} now milliseconds of the epoch, by the server's clock
 * @returns {Record<"service" | "waiting" | "wait" | "abandoned" | "available", Total>}
 */
export function totals(board, now) {
  const service = summed(board, "service");
  const gaveUp = summed(board, "gave_up");
  const waiting = board.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const waits = board.queues.map((queue) => longestWait(queue, now) ?? 0);
  const available = board.agents.filter(isAvailable).length;
  const total = (/** @type {Figure} */ figure, /** @type {number | null} */ value) => ({
    figure,
    value,
    pair: null,
    ...judged(board.queues, figure, now),
  });
  return {
    service: { ...total("service", percent(service)), pair: service },
    waiting: total("waiting", waiting),
    wait: total("wait", waiting > 0 ? Math.max(...waits) : null),
    abandoned: { ...total("abandoned", percent(gaveUp)), pair: gaveUp },
    available: total("available", available),
  };
}

/**
 * Return one figure of one queue.
 * @param {Queue} queue
 * @param {Figure} figure
 * @param {number} now
 * @returns {number | null}
 */
export function figureOf(queue, figure, now) {
  switch (figure) {
    case "service":
      return percent(queue.hour.service);
    case "waiting":
      return queue.waiting;
    case "wait":
      return longestWait(queue, now);
    case "abandoned":
      return percent(queue.hour.gave_up);
    case "available":
      return queue.available;
    default:
      return null;
  }
}

/**
 * @param {Queue} queue
 * @param {Figure} figure
 * @param {number} now
 * @returns {Level}
 */
export function queueLevel(queue, figure, now) {
  // At night nobody is missed: as long as nobody calls and nobody has signed in.
  const isAsleep = queue.signed_in === 0 && queue.waiting === 0;
  return figure === "available" && isAsleep
    ? ""
    : levelOf(figure, figureOf(queue, figure, now), queue.thresholds[figure]);
}

/**
 * @param {Pair} pair
 * @returns {number | null} null: of nothing
 */
export function percent([part, whole]) {
  return whole > 0 ? (100 * part) / whole : null;
}

/** @param {Agent} agent */
export function isAvailable(agent) {
  return agent.state === "available" && agent.is_there;
}

/**
 * @param {Queue[]} queues
 * @param {Figure} figure
 * @param {number} now
 */
function judged(queues, figure, now) {
  const levels = queues.map((queue) => queueLevel(queue, figure, now));
  const level = worst(levels);
  const first = queues[levels.indexOf(level)];
  return { level, worst: level !== "" && queues.length > 1 ? first.name : "" };
}

/**
 * @param {Queue} queue
 * @param {number} now
 */
function longestWait(queue, now) {
  return queue.waits_since === null ? null : secondsSince(queue.waits_since, now);
}

/**
 * @param {Board} board
 * @param {"service" | "gave_up"} name
 * @returns {Pair}
 */
function summed(board, name) {
  const parts = [board.elsewhere, ...board.queues].map((one) => one.hour[name]);
  const sum = (/** @type {0 | 1} */ place) =>
    parts.reduce((before, pair) => before + pair[place], 0);
  return [sum(0), sum(1)];
}
