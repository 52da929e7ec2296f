import { formatDuration } from "../shell/clock.js";
import { secondsUntil } from "../shell/countdown.js";
import { plural, t } from "../shell/i18n.js";

/**
 * For a break with a limit: "12:31 left", then "just over", then "3 minutes over"; empty
 * without one.
 * @param {string | null | undefined} until
 * @param {number} now
 */
export function breakLimitText(until, now) {
  const seconds = secondsUntil(until, now);
  if (Number.isNaN(seconds)) {
    return "";
  }
  if (seconds > 0) {
    return t("{time} left", { time: formatDuration(seconds) });
  }
  const minutes = Math.floor(-seconds / 60);
  return minutes === 0
    ? t("just over")
    : plural("{count} minute over", "{count} minutes over", minutes);
}
