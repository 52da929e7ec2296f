/** The steps of the guided check, one after the other. Pure. */

import { STEPS } from "./guided-check.js";

/** @import {GuidedCheck, StepResult} from "./guided-check.js" */
/** @import {State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const GUIDED_REDUCERS = {
  guidedStarted: (state) =>
    changed(state, { step: STEPS[0], verdict: "waiting", results: {} }),
  guidedVerdict: (state, { verdict }) => changed(state, { verdict }),
  guidedResult: (state, { result }) => withResult(state, result),
  guidedDue: (state, { due }) => changed(state, { due }),
  guidedClosed: (state) => changed(state, { step: null, verdict: "waiting" }),
};

/**
 * @param {State} state
 * @param {Partial<GuidedCheck>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, guided: { ...state.guided, ...changes } };
}

/**
 * Note how this step went, and go on to the next.
 * @param {State} state
 * @param {StepResult} result
 */
function withResult(state, result) {
  const { step, results } = state.guided;
  if (step === null || step === "done") {
    return state;
  }
  const next = STEPS[STEPS.indexOf(step) + 1] ?? "done";
  return changed(state, {
    step: next,
    verdict: "waiting",
    results: { ...results, [step]: result },
  });
}
