/** While no call is here: the agent's queues, their colleagues, and their day so far. */

import { html, nothing } from "../../vendor/lit-html.js";
import { formatDuration, secondsSince, spokenDuration } from "../shell/clock.js";
import { plural, t } from "../shell/i18n.js";
import { check } from "../shell/icons.js";
import { breakLeft } from "../state/floor.js";
import { stateLabel } from "../state/labels.js";
import { isId } from "../state/snapshot.js";

/** @import {FloorQueue, OwnDay, State} from "../state/state.js" */

/** Stands where a figure is not known yet, as wide as one. */
const UNKNOWN = "–";
const NO_FIGURES = { waiting: null, waiting_since: null };

/**
 * @param {State} state
 * @param {number} now
 */
export function floorView(state, now) {
  return html`${queues(state, now)} ${day(state, now)} ${colleagues(state)}`;
}

/**
 * Show figures of now only: without a connection there are none.
 * @param {State} state
 * @param {number} now
 */
function queues({ floor, connection, loaded }, now) {
  const isNow = connection === "online";
  const rows = floor.queues.map((one) => (isNow ? one : { ...one, ...NO_FIGURES }));
  return html`<section class="panel floor-queues" aria-labelledby="floor-queues-heading">
    <h2 id="floor-queues-heading">${t("My queues")}</h2>
    ${
      loaded && rows.length === 0
        ? html`<p class="hint">${t("You are in no queue.")}</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">${t("Queue")}</th>
                <th scope="col">${t("Waiting")}</th>
                <th scope="col">${t("Longest")}</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map((queue) => queueRow(queue, now))}
            </tbody>
          </table>`
    }
  </section>`;
}

/**
 * @param {FloorQueue} queue
 * @param {number} now
 */
function queueRow({ name, waiting, waiting_since: since }, now) {
  const seconds = secondsSince(since, now);
  return html`<tr data-waiting=${(waiting ?? 0) > 0}>
    <th scope="row"><bdi translate="no">${name}</bdi></th>
    <td translate="no" class="timer">${waiting ?? UNKNOWN}</td>
    <td translate="no" class="timer">
      ${
        since === null
          ? UNKNOWN
          : html`<span aria-label=${spokenDuration(seconds)}
              >${formatDuration(seconds)}</span
            >`
      }
    </td>
  </tr>`;
}

/**
 * @param {State} state
 * @param {number} now
 */
function day(state, now) {
  const { day } = state.floor;
  return html`<section class="panel floor-day" aria-labelledby="floor-day-heading">
    <h2 id="floor-day-heading">${t("My day")}</h2>
    <dl>
      ${figure(t("Calls"), day === null ? UNKNOWN : day.calls)}
      ${figure(t("Talk time"), time(day?.talk))}
      ${figure(t("Average handle time"), time(day?.average_handle))}
      ${(day?.breaks ?? []).map((one) => breakFigure(one, state, now))}
    </dl>
  </section>`;
}

/**
 * @param {string} label
 * @param {unknown} value
 */
function figure(label, value) {
  return html`<div>
    <dt>${label}</dt>
    <dd translate="no" class="timer">${value}</dd>
  </div>`;
}

/** @param {number | null | undefined} seconds */
function time(seconds) {
  return seconds === null || seconds === undefined
    ? UNKNOWN
    : html`<span aria-label=${spokenDuration(seconds)}>${formatDuration(seconds)}</span>`;
}

/**
 * @param {OwnDay["breaks"][number]} one
 * @param {State} state
 * @param {number} now
 */
function breakFigure(one, state, now) {
  const left = breakLeft(one, state.agent, now);
  const minutes = Math.ceil(Math.abs(left) / 60);
  const words =
    left >= 0
      ? t("{count} min left", { count: Math.floor(left / 60) })
      : t("{count} min over", { count: minutes });
  return html`<div data-over=${left < 0}>
    <dt>${t(one.name)}</dt>
    <dd translate="no" class="timer">${words}</dd>
  </div>`;
}

/** @param {State} state */
function colleagues({ floor, agent, connection }) {
  const isKnown = floor.isKnown && connection === "online";
  const there = isKnown ? floor.agents : [];
  const others = there.filter(({ id }) => !isId(id, agent?.id ?? null));
  const more = isKnown ? floor.signedIn - floor.agents.length : 0;
  return html`<section class="panel floor-colleagues" aria-labelledby="colleagues-heading">
    <h2 id="colleagues-heading">${t("Colleagues")}</h2>
    <ul tabindex="0" aria-labelledby="colleagues-heading">
      ${others.map(
        ({ name, state, can_take }) => html`<li data-state=${state}>
          <span class="colleague-name"><bdi translate="no">${name}</bdi></span>
          <span class="colleague-state"
            >${can_take ? html`${check()} ${t("Free for a consult")}` : stateLabelOf(state)}</span
          >
        </li>`,
      )}
      ${
        isKnown && others.length === 0
          ? html`<li class="hint">${t("No colleague is signed in.")}</li>`
          : nothing
      }
      ${
        more > 0
          ? html`<li class="hint">
              ${plural("{count} more", "{count} more", more)}
            </li>`
          : nothing
      }
    </ul>
  </section>`;
}

/** @param {string} state */
function stateLabelOf(state) {
  return t(stateLabel(state));
}
