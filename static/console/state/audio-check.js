/**
 * The check of the sound before the shift: what the agent says goes to the server and
 * comes back. Pure; audio-devices/audio-check.js runs it.
 *
 * @typedef {object} Measured
 * @property {number | null} networkMs to the server and back
 * @property {number} bufferMs how long sound waits here, to come out evenly
 * @property {number} sent frames of 20 ms
 * @property {number} returned
 * @property {number} lost
 * @property {number} loudest level of the microphone, root mean square
 *
 * @typedef {object} Check
 * @property {"idle" | "running" | "over"} phase
 * @property {number} left seconds until it stops by itself
 * @property {Measured | null} measured
 */

import { t } from "../shell/i18n.js";
import { answeredCall, myCall, ringingCalls } from "./calls.js";

/** @import {Verdict} from "../call/quality.js" */
/** @import {State} from "./store.js" */

export const CHECK_SECONDS = 15;

/** Below it there is no voice, only a quiet room; below the next a voice far away. */
const VOICE = 0.002;
const NEAR = 0.012;
const LOST = 0.03;
const SLOW_MS = 250;
const TOO_SLOW_MS = 450;

/** @type {Check} */
export const noCheck = Object.freeze({
  phase: "idle",
  left: CHECK_SECONDS,
  measured: null,
});

/** @type {Record<string, (state: State, action: any) => State>} */
export const CHECK_REDUCERS = {
  checkStarted: (state) => changed(state, { ...noCheck, phase: "running" }),
  checkMeasured: (state, { measured }) => changed(state, { measured }),
  checkLeft: (state, { left }) => changed(state, { left }),
  checkOver: (state) => changed(state, { phase: "over" }),
  checkDropped: (state) => changed(state, noCheck),
};

/**
 * @param {State} state
 * @param {Partial<Check>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, check: { ...state.check, ...changes } };
}

/**
 * Never while there is a call, or one rings.
 * @param {State} state
 */
export function mayCheck(state) {
  const { connection, shift } = state;
  const isFree =
    myCall(state) === null &&
    answeredCall(state) === null &&
    ringingCalls(state).length === 0;
  return connection === "online" && shift.primary && shift.echoUrl !== "" && isFree;
}

/**
 * Milliseconds from the mouth to the server and back to the ear; null while unknown.
 * @param {Measured | null} measured
 */
export function delayMs(measured) {
  const known = measured !== null && measured.networkMs !== null;
  return known ? Math.round(Number(measured.networkMs) + measured.bufferMs) : null;
}

/**
 * How it sounds, and what to do about it.
 * @param {Check} check
 * @returns {Verdict}
 */
export function checkVerdict({ measured }) {
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

/** @returns {Verdict} */
const nothingBack = () => ({
  grade: "bad",
  text: t("No sound came back from the server."),
  advice: t("Check your network and try again. If it stays so, tell your supervisor."),
});

/** @returns {Verdict} */
const noVoice = () => ({
  grade: "bad",
  text: t("Your microphone gave no voice."),
  advice: t(
    "Say something while it runs. Look for a mute switch, or choose another microphone.",
  ),
});

/** @returns {Verdict} */
const farVoice = () => ({
  grade: "fair",
  text: t("Your voice is very quiet."),
  advice: t("Bring the microphone closer, or choose another one."),
});

/** @returns {Verdict} */
const lossy = () => ({
  grade: "bad",
  text: t("Parts of your voice got lost on the way."),
  advice: t("Move closer to the Wi-Fi, or use a cable."),
});

/**
 * @param {boolean} isTooSlow
 * @returns {Verdict}
 */
function slow(isTooSlow) {
  return {
    grade: isTooSlow ? "bad" : "fair",
    text: isTooSlow
      ? t("The way to the server is too slow to talk well.")
      : t("The way to the server is slow."),
    advice: t("Stop downloads and videos, and use a cable instead of Wi-Fi."),
  };
}

/** @returns {Verdict} */
const fine = () => ({
  grade: "good",
  text: t("Your sound is good."),
  advice: t("If you did not hear yourself, choose another speaker."),
});
