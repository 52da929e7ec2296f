/** Plans a call back, in times of the agent's own clock on the wall. */

import { t } from "../shell/i18n.js";
import { when } from "../shell/times.js";

/** @import {Callback} from "../state/state.js" */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MORNING = 9;

/**
 * Write an instant as a date field does, on the agent's clock.
 * @param {number} instant milliseconds of the epoch
 */
export function fieldOf(instant) {
  const at = new Date(instant);
  const local = new Date(instant - at.getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 16);
}

/**
 * Read a date field as an instant with the offset that the agent's clock has then:
 * "2026-07-05T14:30:00+02:00"; nothing when it is none.
 * @param {string} field
 */
export function instantOf(field) {
  const at = new Date(field);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(field) || Number.isNaN(at.getTime())) {
    return "";
  }
  const offset = -at.getTimezoneOffset();
  const size = Math.abs(offset);
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  return `${fieldOf(at.getTime())}:00${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/**
 * Times that are often meant.
 * @param {number} now milliseconds of the epoch
 */
export function suggestions(now) {
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(MORNING, 0, 0, 0);
  const quarter = 15 * MINUTE;
  const soon = Math.ceil((now + HOUR) / quarter) * quarter;
  return [
    { label: t("In an hour"), at: fieldOf(soon) },
    { label: t("In three hours"), at: fieldOf(soon + 2 * HOUR) },
    {
      label: t("Tomorrow at {hour}:00", { hour: MORNING }),
      at: fieldOf(tomorrow.getTime()),
    },
  ];
}

/**
 * Return why it cannot be planned like this, a sentence, or nothing.
 * @param {Callback} form
 * @param {number} now milliseconds of the epoch
 */
export function problemOf({ at }, now) {
  const instant = instantOf(at);
  if (instant === "") {
    return t("Choose a day and a time.");
  }
  return Date.parse(instant) <= now ? t("This time has already passed.") : "";
}

/**
 * @param {Callback} form
 * @param {number} now
 */
export function plannedText({ at, mine }, now) {
  const then = when(instantOf(at), now);
  return mine
    ? t("You will be offered the call: {when}.", { when: then })
    : t("The call will be offered to an available agent: {when}.", { when: then });
}
