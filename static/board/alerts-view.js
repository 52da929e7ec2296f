/** The region "Alerts": what calls for somebody, what to do, and where. */

import { t } from "../console/shell/i18n.js";
import { ago } from "../console/shell/times.js";
import { html, nothing } from "../vendor/lit-html.js";
import { levelMark } from "./marks.js";

/** @import {Alert} from "./snapshot.js" */

/**
 * @param {Alert[]} alerts
 * @param {number} now
 */
export function alertsView(alerts, now) {
  if (alerts.length === 0) {
    return html`<p class="all-well">${t("No alerts.")}</p>`;
  }
  return html`<ul>${alerts.map((alert) => one(alert, now))}</ul>`;
}

/**
 * @param {Alert} alert
 * @param {number} now
 */
function one(alert, now) {
  return html`<li class="alert" data-level=${alert.level} data-kind=${alert.kind}>
    ${levelMark(alert.level)}
    <div><strong>${alert.text}</strong>
      ${alert.since === null ? nothing : html`<span class="note">${ago(alert.since, now)}</span>`}
      <p>${alert.advice} <a href=${alert.link}>${alert.link_text}</a></p></div>
  </li>`;
}
