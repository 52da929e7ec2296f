/**
 * The guided check before a shift: microphone, speaker, ring, notifications, and the way
 * through the server. Pure.
 *
 * @typedef {"microphone" | "speaker" | "ringer" | "notifications" | "echo"} CheckStep
 * @typedef {"waiting" | "good" | "quiet" | "silent" | "closed" | "denied" | "unsupported"
 *   | "bad"} StepVerdict
 * @typedef {"good" | "bad" | "skipped"} StepResult
 *
 * @typedef {object} GuidedCheck
 * @property {CheckStep | "done" | null} step null while it is closed
 * @property {StepVerdict} verdict of this step, so far
 * @property {Partial<Record<CheckStep, StepResult>>} results
 * @property {"" | "first" | "changed"} due why it should be made
 */

/** @type {readonly CheckStep[]} */
export const STEPS = Object.freeze([
  "microphone",
  "speaker",
  "ringer",
  "notifications",
  "echo",
]);

/** @type {GuidedCheck} */
export const noGuidedCheck = Object.freeze({
  step: null,
  verdict: "waiting",
  results: {},
  due: "",
});
