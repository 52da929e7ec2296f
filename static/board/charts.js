/** The geometry of the charts of the day. Pure. */

import { clockTime } from "./clock-times.js";
import { ALL } from "./snapshot.js";

/** @import {Agent, Day} from "./snapshot.js" */

/**
 * @typedef {{quarter: number, counts: number[]}} Column what is stacked at one quarter
 * @typedef {{x: number, y: number, width: number, height: number, name: string}} Bar
 */

/** In the order in which they are stacked; the rest is what was offered besides. */
export const CALLS = ["answered", "abandoned", "rest"];

/**
 * Return answered, abandoned and all other calls by quarter.
 * @param {Day} day
 * @param {number | null} queue
 * @returns {Column[]}
 */
export function callColumns(day, queue) {
  /** @type {Map<number, number[]>} */
  const found = new Map();
  for (const [quarter, of, offered, answered, abandoned] of day.calls) {
    if (queue === null || of === queue) {
      const [a, b, c] = found.get(quarter) ?? [0, 0, 0];
      const rest = offered - answered - abandoned;
      found.set(quarter, [a + answered, b + abandoned, c + rest]);
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(asColumn);
}

/**
 * Return how many agents were in each state when a quarter began, and are now.
 * @param {Day} day
 * @param {number | null} queue
 * @param {Agent[]} agents those who are shown
 * @param {number} now milliseconds of the epoch, by the server's clock
 * @returns {Column[]}
 */
export function agentColumns(day, queue, agents, now) {
  const wanted = queue ?? ALL;
  const past = day.agents.filter(([, of]) => of === wanted);
  const states = day.states.map(
    (state) => agents.filter((agent) => agent.state === state).length,
  );
  return [
    ...past.map(([quarter, , ...counts]) => ({ quarter, counts })),
    { quarter: quarterOf(day, now), counts: states },
  ];
}

/**
 * Return which quarter of the day it is; the part that has passed of it included.
 * @param {Day} day
 * @param {number} now
 */
export function quarterOf(day, now) {
  return (now - Date.parse(day.start)) / 900_000;
}

/** @param {[number, number[]]} entry */
function asColumn([quarter, counts]) {
  return { quarter, counts };
}

/**
 * Return the top of the scale: a round number that no column goes beyond.
 * @param {Column[]} columns
 */
export function topOf(columns) {
  const highest = Math.max(0, ...columns.map(({ counts }) => sum(counts)));
  const steps = [1, 2, 4, 5, 10];
  const power = 10 ** Math.floor(Math.log10(Math.max(1, highest)));
  const step = steps.find((one) => one * power >= highest) ?? 10;
  return Math.max(4, step * power);
}

/**
 * Stack the columns in a drawing.
 * @param {Column[]} columns
 * @param {string[]} names of what is stacked, from below
 * @param {{quarters: number, top: number, width: number, height: number}} drawing
 * @returns {Bar[]}
 */
export function stacked(columns, names, { quarters, top, width, height }) {
  const step = width / quarters;
  return columns.flatMap(({ quarter, counts }) => {
    let y = height;
    return counts.flatMap((count, place) => {
      const size = (count / top) * height;
      y -= size;
      const x = Math.floor(quarter) * step + step * 0.1;
      const bar = { x, y, width: step * 0.8, height: size, name: names[place] };
      return count > 0 ? [rounded(bar)] : [];
    });
  });
}

/**
 * @param {Bar} bar
 * @returns {Bar}
 */
function rounded({ x, y, width, height, name }) {
  const two = (/** @type {number} */ value) => Math.round(value * 100) / 100;
  return { x: two(x), y: two(y), width: two(width), height: two(height), name };
}

/** @param {number[]} counts */
export function sum(counts) {
  return counts.reduce((before, count) => before + count, 0);
}

/**
 * Return the time of day at which a quarter begins, on the clock of the office.
 * @param {Day} day
 * @param {number} quarter
 * @param {string} locale
 */
export function timeOf(day, quarter, locale) {
  const at = Date.parse(day.start) + quarter * 900_000;
  return clockTime(at, locale, { zone: day.zone });
}
