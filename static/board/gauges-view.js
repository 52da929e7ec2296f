/** The five gauges above the board. */

import { formatDuration, spokenDuration } from "../console/shell/clock.js";
import { plural, t } from "../console/shell/i18n.js";
import { html, nothing, svg } from "../vendor/lit-html.js";
import { levelMark } from "./marks.js";
import { totals } from "./totals.js";

/** @import {Total} from "./totals.js" */
/** @import {Board, Levels} from "./snapshot.js" */

/** Of a half circle with the radius 50. */
const ARC = "M 10 60 A 50 50 0 0 1 110 60";

/**
 * @param {Board} board already filtered
 * @param {number} now
 */
export function gauges(board, now) {
  const found = totals(board, now);
  const only = board.queues.length === 1 ? board.queues[0] : null;
  const limits = (/** @type {Total} */ total) => only?.thresholds[total.figure] ?? null;
  return [
    gauge({
      name: t("Service level"),
      total: found.service,
      text: percentText(found.service.value),
      spoken: percentText(found.service.value),
      share: (found.service.value ?? 0) / 100,
      marks: marksOf(limits(found.service), 100),
      detail: serviceDetail(found.service, only?.service_seconds ?? null),
    }),
    gauge({
      name: t("Waiting"),
      total: found.waiting,
      text: String(found.waiting.value),
      spoken: String(found.waiting.value),
      ...scaled(found.waiting, limits(found.waiting), 10),
      detail: plural("{count} caller", "{count} callers", found.waiting.value ?? 0),
    }),
    gauge({
      name: t("Longest wait"),
      total: found.wait,
      text: found.wait.value === null ? "–" : formatDuration(found.wait.value),
      spoken: found.wait.value === null ? t("none") : spokenDuration(found.wait.value),
      ...scaled(found.wait, limits(found.wait), 120),
      detail: found.wait.value === null ? t("Nobody waits") : t("so far"),
    }),
    gauge({
      name: t("Abandoned"),
      total: found.abandoned,
      text: percentText(found.abandoned.value),
      spoken: percentText(found.abandoned.value),
      ...scaled(found.abandoned, limits(found.abandoned), 20),
      detail: abandonedDetail(found.abandoned),
    }),
    gauge({
      name: t("Available"),
      total: found.available,
      text: String(found.available.value),
      spoken: String(found.available.value),
      share: (found.available.value ?? 0) / Math.max(1, signedIn(board)),
      marks: [],
      detail: t("of {count} signed in", { count: signedIn(board) }),
    }),
  ];
}

/**
 * @typedef {object} Gauge
 * @property {string} name
 * @property {Total} total
 * @property {string} text
 * @property {string} spoken
 * @property {number} share how much of the arc is filled
 * @property {number[]} marks where the thresholds are, as shares
 * @property {string} detail
 */

/** @param {Gauge} gauge */
function gauge({ name, total, text, spoken, share, marks, detail }) {
  const length = 100 * Math.min(1, Math.max(0, share));
  return html`<div class="gauge" data-level=${total.level}>
    <dt>${name} ${levelMark(total.level)}</dt>
    <dd>
      <svg class="arc" viewBox="0 0 120 66" aria-hidden="true">
        <path class="track" d=${ARC} pathLength="100"></path>
        ${length > 0 ? filled(length) : nothing}
        ${marks.map(tick)}
      </svg>
      <span class="value" aria-hidden="true">${text}</span>
      <span class="visually-hidden">${spoken}</span>
      <span class="detail">${detail}</span>
      ${total.worst === "" ? nothing : html`<span class="worst">${total.worst}</span>`}
    </dd>
  </div>`;
}

/** @param {number} length of 100 */
function filled(length) {
  return svg`<path class="fill" d=${ARC} pathLength="100"
    stroke-dasharray=${`${length} 200`}></path>`;
}

/** @param {number} share */
function tick(share) {
  const angle = Math.PI * (1 - share);
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  const at = (/** @type {number} */ radius) => [60 + radius * x, 60 - radius * y];
  const [from, to] = [at(41), at(58)];
  return svg`<line class="tick" x1=${from[0]} y1=${from[1]} x2=${to[0]} y2=${to[1]}></line>`;
}

/**
 * Fill the arc up to twice the alarm, so that its mark stands in the middle.
 * @param {Total} total
 * @param {Levels | null} levels
 * @param {number} usual the end of the scale without one
 */
function scaled(total, levels, usual) {
  const end = levels !== null && levels[1] > 0 ? 2 * levels[1] : usual;
  return { share: (total.value ?? 0) / end, marks: marksOf(levels, end) };
}

/**
 * @param {Levels | null} levels
 * @param {number} end
 */
function marksOf(levels, end) {
  return (levels ?? []).filter((one) => one > 0 && one < end).map((one) => one / end);
}

/** @param {number | null} value */
export function percentText(value) {
  return value === null ? "–" : t("{count} %", { count: Math.round(value) });
}

/**
 * @param {Total} total
 * @param {number | null} seconds of the only queue
 */
function serviceDetail({ pair }, seconds) {
  const [part, whole] = pair ?? [0, 0];
  if (whole === 0) {
    return t("No calls in the last hour");
  }
  return seconds === null
    ? t("{part} of {whole} in time, last hour", { part, whole })
    : t("{part} of {whole} within {seconds} s, last hour", { part, whole, seconds });
}

/** @param {Total} total */
function abandonedDetail({ pair }) {
  const [part, whole] = pair ?? [0, 0];
  return whole === 0
    ? t("No calls in the last hour")
    : t("{part} of {whole}, last hour", { part, whole });
}

/** @param {Board} board */
function signedIn(board) {
  return board.agents.filter((agent) => agent.state !== "offline").length;
}
