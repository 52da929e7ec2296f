/** The region "Queues": a tile for each. */

import {
  formatDuration,
  secondsSince,
  spokenDuration,
} from "../console/shell/clock.js";
import { t } from "../console/shell/i18n.js";
import { html } from "../vendor/lit-html.js";
import { percentText } from "./gauges-view.js";
import { worst } from "./levels.js";
import { levelMark } from "./marks.js";
import { percent, queueLevel } from "./totals.js";

/** @import {Level} from "./levels.js" */
/** @import {Figure, Queue} from "./snapshot.js" */

/** @type {Figure[]} */
const JUDGED = ["service", "waiting", "wait", "abandoned", "available"];

/**
 * @param {Queue} queue
 * @param {number} now
 * @param {HTMLElement} element
 * @param {boolean} leads to the queue alone
 */
export function queueTile(queue, now, element, leads) {
  const of = (/** @type {Figure} */ figure) => queueLevel(queue, figure, now);
  element.className = "queue";
  element.dataset.level = worst(JUDGED.map(of));
  const waits =
    queue.waits_since === null ? null : secondsSince(queue.waits_since, now);
  const name = leads
    ? html`<a href=${`?queue=${queue.id}`} data-queue=${queue.id}>${queue.name}</a>`
    : queue.name;
  return html`<h3>${name}</h3>
    <dl>
      ${figure(t("Waiting"), String(queue.waiting), of("waiting"))}
      ${figure(
        t("Longest wait"),
        waits === null ? "–" : formatDuration(waits),
        of("wait"),
        waits === null ? t("none") : spokenDuration(waits),
      )}
      ${figure(t("Service level"), percentText(percent(queue.hour.service)), of("service"))}
      ${figure(t("Abandoned"), percentText(percent(queue.hour.gave_up)), of("abandoned"))}
      ${figure(
        t("Available"),
        t("{count} of {all}", { count: queue.available, all: queue.signed_in }),
        of("available"),
      )}
      ${figure(
        t("Answered today"),
        t("{count} of {all}", {
          count: queue.today.answered,
          all: queue.today.offered,
        }),
        "",
      )}
    </dl>`;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {Level} level
 * @param {string} spoken
 */
function figure(name, value, level, spoken = value) {
  return html`<div data-level=${level}>
    <dt>${name}</dt>
    <dd>${levelMark(level)}<span aria-hidden="true">${value}</span
      ><span class="visually-hidden">${spoken}</span></dd>
  </div>`;
}
