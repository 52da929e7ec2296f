/** The charts of the day, drawn, and as tables for those who read. */

import { locale, marked, t } from "../console/shell/i18n.js";
import { stateLabel } from "../console/state/labels.js";
import { html, svg } from "../vendor/lit-html.js";
import {
  agentColumns,
  CALLS,
  callColumns,
  quarterOf,
  stacked,
  sum,
  timeOf,
  topOf,
} from "./charts.js";

/** @import {Agent, Day} from "./snapshot.js" */
/** @import {Column} from "./charts.js" */

const WIDTH = 640;
const HEIGHT = 140;
const LEFT = 34;

const NAMES = new Map([
  ["answered", marked("Answered")],
  ["abandoned", marked("Abandoned")],
  ["rest", marked("Not answered otherwise, or still waiting")],
]);

/**
 * @param {Day} day
 * @param {number | null} queue
 * @param {Agent[]} agents those who are shown
 * @param {number} now
 */
export function charts(day, queue, agents, now) {
  const calls = callColumns(day, queue);
  const states = agentColumns(day, queue, agents, now);
  return html`
    ${chart({
      day,
      now,
      title: t("Inbound calls by quarter of an hour"),
      columns: calls,
      names: CALLS,
      label: (name) => t(NAMES.get(name) ?? name),
      extra: t("Offered"),
    })}
    ${chart({
      day,
      now,
      title: t("Agents by state"),
      columns: states,
      names: day.states,
      label: (name) => t(stateLabel(name)),
      extra: t("Signed in"),
    })}`;
}

/**
 * @typedef {object} Chart
 * @property {Day} day
 * @property {number} now
 * @property {string} title
 * @property {Column[]} columns
 * @property {string[]} names
 * @property {(name: string) => string} label
 * @property {string} extra what a column is in all
 */

/** @param {Chart} chart */
function chart({ day, now, title, columns, names, label, extra }) {
  const top = topOf(columns);
  const size = { quarters: day.quarters, top, width: WIDTH - LEFT, height: HEIGHT };
  const bars = stacked(columns, names, size);
  return html`<figure class="chart">
    <figcaption>${title} <span class="note">${day.zone}</span></figcaption>
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT + 26}`} role="img" aria-label=${title}>
      ${[0, top / 2, top].map((value) => line(value, top))}
      <g transform=${`translate(${LEFT} 8)`}>
        ${bars.map(
          (bar) => svg`<rect class=${`bar of-${bar.name}`} x=${bar.x} y=${bar.y}
            width=${bar.width} height=${bar.height}></rect>`,
        )}
        ${nowLine(day, now)}
        ${day.marks.map((mark) => hour(mark, day.quarters))}
      </g>
    </svg>
    <ul class="legend">${names.map(
      (name) =>
        html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=${`of-${name}`}
          width="10" height="10" rx="2"></rect></svg>${label(name)}</li>`,
    )}</ul>
    ${table({ day, now, title, columns, names, label, extra })}
  </figure>`;
}

/**
 * @param {number} value
 * @param {number} top
 */
function line(value, top) {
  const y = 8 + HEIGHT - (value / top) * HEIGHT;
  return svg`<line class="grid" x1=${LEFT} x2=${WIDTH} y1=${y} y2=${y}></line>
    <text class="scale" x=${LEFT - 6} y=${y + 4}>${Number.isInteger(value) ? value : ""}</text>`;
}

/**
 * @param {Day} day
 * @param {number} now
 */
function nowLine(day, now) {
  const x = (quarterOf(day, now) / day.quarters) * (WIDTH - LEFT);
  return svg`<line class="now" x1=${x} x2=${x} y1="0" y2=${HEIGHT}></line>`;
}

/**
 * @param {{quarter: number, text: string}} mark
 * @param {number} quarters
 */
function hour({ quarter, text }, quarters) {
  const x = (quarter / quarters) * (WIDTH - LEFT);
  const place = quarter === 0 ? "first" : quarter === quarters ? "last" : "";
  return svg`<text class="hour" data-place=${place} x=${x} y=${HEIGHT + 15}>${text}</text>`;
}

/** @param {Chart} chart */
function table({ day, title, columns, names, label, extra }) {
  return html`<details>
    <summary>${t("Show as a table")}</summary>
    <div class="scrolls" tabindex="0" role="group" aria-label=${title}>
      <table>
        <thead><tr><th scope="col">${t("Time")}</th><th scope="col">${extra}</th>
          ${names.map((name) => html`<th scope="col">${label(name)}</th>`)}</tr></thead>
        <tbody>${columns.map(
          ({ quarter, counts }) =>
            html`<tr><th scope="row">${timeOf(day, quarter, locale())}</th>
              <td>${sum(counts)}</td>${counts.map((count) => html`<td>${count}</td>`)}</tr>`,
        )}</tbody>
      </table>
    </div>
  </details>`;
}
