/** What supervisors write to this agent, and what they do about them. Pure. */

import { t } from "../shell/i18n.js";
import { stateLabel } from "./labels.js";
import { withNotice } from "./notices.js";

/** @import {State} from "./state.js" */

/**
 * @typedef {object} Directed
 * @property {string} by who
 * @property {"state" | "next" | "released" | "hand"} what
 * @property {string} state
 * @property {string} reason of a break
 */

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const SUPERVISOR_REDUCERS = {
  messages: (state, { messages }) => ({ ...state, messages }),
  directed: (state, action, now) =>
    withNotice(
      state,
      { who: action.by, text: directedWords(action), tone: "info" },
      now,
    ),
};

/**
 * Return what a supervisor did, to stand after their name.
 * @param {Directed} directed
 */
export function directedWords({ what, state, reason }) {
  const label = t(stateLabel(state));
  const named = reason ? `${label} (${t(reason)})` : label;
  switch (what) {
    case "hand":
      return t("has seen that you raised your hand.");
    case "released":
      return t("freed you for calls.");
    case "next":
      return t("chose what follows this call: {state}.", { state: named });
    default:
      return t("set your state: {state}.", { state: named });
  }
}
