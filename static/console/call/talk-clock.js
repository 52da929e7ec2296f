/** The times of a call as the call log counts them, running on in the page. Pure. */

import { secondsSince } from "../shell/clock.js";

/** @import {Call} from "../state/snapshot.js" */

/**
 * Return the talk time until now; null before the call is connected. It stands still on
 * hold and after the end.
 * @param {Call} call
 * @param {number} now milliseconds of the epoch by the server's clock
 */
export function talkSeconds({ talk_seconds = null, talk_since = null }, now) {
  return talk_seconds === null ? null : talk_seconds + secondsSince(talk_since, now);
}
