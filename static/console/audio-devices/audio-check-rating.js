/**
 * The result of an audio check in plain words, and what to do about it.
 *
 * @typedef {{grade: "good" | "fair" | "bad" | "none", text: string, advice: string}}
 *   AudioRating
 */

import { t } from "../shell/i18n.js";

/** @import {AudioCheck, Measured} from "../state/state.js" */

/** Below it there is no voice, only a quiet room; below the next a voice far away. */
export const VOICE = 0.002;
export const NEAR = 0.012;
const LOST = 0.03;
const SLOW_MS = 250;
const TOO_SLOW_MS = 450;

/**
 * Milliseconds from the mouth to the server and back to the ear; null while unknown.
 * @param {Measured | null} measured
 */
export function delayMs(measured) {
  const known = measured !== null && measured.networkMs !== null;
  return known ? Math.round(Number(measured.networkMs) + measured.bufferMs) : null;
}

/**
 * Say how it went, and what to do about it.
 * @param {AudioCheck} check
 * @returns {AudioRating}
 */
export function checkRating({ measured }) {
  if (measured === null || measured.returned === 0) {
    return nothingBack();
  }
  const { loudest, lost, sent } = measured;
  if (loudest < NEAR) {
    return loudest < VOICE ? noVoice() : farVoice();
  }
  if (lost / sent > LOST) {
    return lossy();
  }
  const delay = delayMs(measured) ?? 0;
  return delay > SLOW_MS ? slow(delay > TOO_SLOW_MS) : fine();
}

/** @returns {AudioRating} */
const nothingBack = () => ({
  grade: "bad",
  text: t("No audio came back from the server."),
  advice: t("Check your network and try again. If it persists, tell your supervisor."),
});

/** @returns {AudioRating} */
const noVoice = () => ({
  grade: "bad",
  text: t("Your microphone picked up no voice."),
  advice: t(
    "Say something while it runs. Check for a mute switch, or choose another microphone.",
  ),
});

/** @returns {AudioRating} */
const farVoice = () => ({
  grade: "fair",
  text: t("Your voice is very quiet."),
  advice: t("Bring the microphone closer, or choose another one."),
});

/** @returns {AudioRating} */
const lossy = () => ({
  grade: "bad",
  text: t("Parts of your voice got lost on the way."),
  advice: t("Move closer to the Wi-Fi, or use a cable."),
});

/**
 * @param {boolean} isTooSlow
 * @returns {AudioRating}
 */
function slow(isTooSlow) {
  return {
    grade: isTooSlow ? "bad" : "fair",
    text: isTooSlow
      ? t("The connection to the server is too slow for a clear call.")
      : t("The connection to the server is slow."),
    advice: t("Stop downloads and videos, and use a cable instead of Wi-Fi."),
  };
}

/** @returns {AudioRating} */
const fine = () => ({
  grade: "good",
  text: t("Your audio is good."),
  advice: t("If you did not hear yourself, choose another speaker."),
});
