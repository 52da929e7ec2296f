/** The calls: a row of the table for each that is live. */

import { secondsSince } from "../console/shell/clock.js";
import { locale, t } from "../console/shell/i18n.js";
import { html, nothing } from "../vendor/lit-html.js";
import { callActions } from "./call-actions.js";
import { clockTime } from "./clock-times.js";
import { callLevel } from "./levels.js";
import { duration, levelMark, pill } from "./marks.js";
import { callerOf, callState, callTrouble, stepWords } from "./words.js";

/** @import {SteppingIn} from "../supervision/stepping-in.js" */
/** @import {Board, Call, Queue} from "./snapshot.js" */

/**
 * @typedef {object} CallItem all that a row shows
 * @property {string} id
 * @property {Call} call
 * @property {string} page
 * @property {Queue | null} queue with what the levels need
 */

/**
 * Return those who wait first, for longest; then the others by their start.
 * @param {Board} board already filtered
 * @param {Board} whole
 * @param {string} page the address of a call's page, with `0` for its id
 * @returns {CallItem[]}
 */
export function callItems(board, whole, page) {
  const queues = new Map(whole.queues.map((queue) => [queue.id, queue]));
  const waits = (/** @type {Call} */ call) => call.figure === "wait";
  const since = (/** @type {Call} */ call) => call.state_since ?? call.since;
  const waiting = board.calls.filter(waits);
  waiting.sort((one, other) => since(one).localeCompare(since(other)));
  const rest = board.calls.filter((call) => !waits(call));
  return [...waiting, ...rest].map((call) => ({
    id: call.id,
    call,
    page: page.replace("/0/", `/${call.id}/`),
    queue: lean(queues.get(call.queue ?? 0)),
  }));
}

/**
 * @param {Queue | undefined} queue
 * @returns {Queue | null}
 */
function lean(queue) {
  if (queue === undefined) {
    return null;
  }
  const { id, name, thresholds } = queue;
  return /** @type {Queue} */ ({ id, name, thresholds });
}

/**
 * Return for how long the call is as it is; talk time without its holds.
 * @param {Call} call
 * @param {number} now
 */
export function callSeconds(call, now) {
  return Math.max(0, secondsSince(call.state_since, now) - call.without);
}

/**
 * @param {CallItem} item
 * @param {number} now
 * @param {HTMLElement} element
 * @param {SteppingIn | null} steppingIn
 * @param {boolean} mayDirect
 */
export function callRow({ call, page, queue }, now, element, steppingIn, mayDirect) {
  const known = new Map(queue === null ? [] : [[queue.id, queue]]);
  const seconds = callSeconds(call, now);
  const level = callLevel(call, seconds, known);
  const trouble = callTrouble(call);
  element.dataset.level = level;
  element.dataset.status = call.status;
  return html`<th scope="row"><a href=${page}><bdi>${callerOf(call)}</bdi></a>
      ${call.name === "" || call.number === "" ? nothing : html`<span class="note">${call.number}</span>`}</th>
    <td>${queue?.name ?? ""}</td>
    <td>${agentsOf(call)}</td>
    <td class="state">${pill(call.status, callState(call.status))}${levelMark(level)}
      <span class="time">${duration(seconds)}</span>
      ${call.muted ? html`<span class="note">${t("Muted")}</span>` : nothing}
      ${trouble === "" ? nothing : html`<span class="trouble">${trouble}</span>`}</td>
    <td class="time">${duration(secondsSince(call.since, now))}</td>
    <td class="way">${way(call)}</td>
    ${callActions(call, steppingIn, mayDirect)}`;
}

/** @param {Call} call */
function agentsOf(call) {
  if (call.agent === null) {
    return call.rings_at.length === 0
      ? ""
      : html`<span class="note">${t("rings at {names}", { names: call.rings_at.join(", ") })}</span>`;
  }
  return [call.agent.name, ...call.others].join(", ");
}

/** @param {Call} call */
function way(call) {
  return html`<ol>${call.way.map(
    (step) =>
      html`<li data-step=${step.what}><span>${stepWords(step)}</span>
        <time datetime=${step.at}>${clockTime(Date.parse(step.at), locale(), { seconds: true })}</time></li>`,
  )}</ol>`;
}
