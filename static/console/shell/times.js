/** Instants and ages in words, in the time zone of the agent. */

import { locale, plural, t } from "./i18n.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Return how long ago it was: "just now", "5 min ago", "2 h ago", "3 days ago"; nothing
 * while unknown.
 * @param {string | null} since ISO 8601
 * @param {number} now milliseconds of the epoch
 */
export function ago(since, now) {
  const seconds = (now - Date.parse(since ?? "")) / 1000;
  if (Number.isNaN(seconds)) {
    return "";
  }
  return seconds < MINUTE
    ? t("just now")
    : t("{length} ago", { length: lengthOf(seconds) });
}

/**
 * Return how long it is until then: "less than a minute", "5 min", "2 h", "3 days";
 * nothing when it is over or unknown.
 * @param {string | null} instant ISO 8601
 * @param {number} now milliseconds of the epoch
 */
export function left(instant, now) {
  const seconds = (Date.parse(instant ?? "") - now) / 1000;
  if (!(seconds > 0)) {
    return "";
  }
  return seconds < MINUTE ? t("less than a minute") : lengthOf(seconds);
}

/**
 * In the largest unit that is full.
 * @param {number} seconds
 */
function lengthOf(seconds) {
  if (seconds < HOUR) {
    return t("{count} min", { count: Math.floor(seconds / MINUTE) });
  }
  if (seconds < 2 * DAY) {
    return t("{count} h", { count: Math.floor(seconds / HOUR) });
  }
  return plural("{count} day", "{count} days", Math.floor(seconds / DAY));
}

/**
 * Return when it is: "today 14:10", "tomorrow 09:00", "Friday 14:10", "Fri, 12 Jun
 * 14:10".
 * @param {string} instant ISO 8601
 * @param {number} now milliseconds of the epoch
 * @param {string | undefined} timeZone the browser's own, when missing
 */
export function when(instant, now, timeZone = undefined) {
  const at = new Date(instant);
  const time = clockTime(instant, timeZone);
  const days = daysBetween(new Date(now), at, timeZone);
  if (days === 0 || days === 1) {
    return days === 0 ? t("today {time}", { time }) : t("tomorrow {time}", { time });
  }
  return t("{day} {time}", { day: dayOf(at, days, timeZone), time });
}

/**
 * Return what a clock showed then: "14:10".
 * @param {string} instant ISO 8601
 * @param {string | undefined} timeZone the browser's own, when missing
 */
export function clockTime(instant, timeZone = undefined) {
  return new Date(instant).toLocaleTimeString(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  });
}

/**
 * @param {Date} at
 * @param {number} days from now
 * @param {string | undefined} timeZone
 */
function dayOf(at, days, timeZone) {
  if (days > 1 && days < 7) {
    return at.toLocaleDateString(locale(), { weekday: "long", timeZone });
  }
  return at.toLocaleDateString(locale(), {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone,
  });
}

/**
 * Midnights from one to the other.
 * @param {Date} from
 * @param {Date} to
 * @param {string | undefined} timeZone
 */
function daysBetween(from, to, timeZone) {
  const [start, end] = [from, to].map((instant) => {
    // Swedish writes a date as ISO 8601 does, which Date reads as midnight in UTC.
    return Date.parse(instant.toLocaleDateString("sv-SE", { timeZone }));
  });
  return Math.round((end - start) / (DAY * 1000));
}

/**
 * Say from when something is possible; nothing once it is.
 * @param {string | null} earliest
 * @param {number} now
 */
export function earliestText(earliest, now) {
  return earliest !== null && left(earliest, now)
    ? t("Possible from {when}.", { when: when(earliest, now) })
    : "";
}
