/** Which of the agent's windows rings, as this one was told. Pure. */

import { t } from "../shell/i18n.js";
import { withNotice } from "./notices.js";
import { isId, isInCall } from "./snapshot.js";
import { initialState } from "./state.js";

/** @import {Agent, RingingWindow} from "./snapshot.js" */
/** @import {State} from "./state.js" */

/** @typedef {"newer" | "closed" | "silent"} Why what became of the window before */

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const WINDOW_REDUCERS = { window: windowTold };

/**
 * Take the news of another window that rings now.
 * @param {State} state
 * @param {{window: RingingWindow, primary: boolean, why: Why}} news
 * @param {number} now
 * @returns {State}
 */
function windowTold(state, { window, primary, why }, now) {
  const isTurn = state.loaded && primary && !state.shift.primary;
  const next = withWindow(state, window, primary);
  const text = isTurn && next.shift.primary ? whyHere(why, ownCall(next) !== null) : "";
  return text ? withNotice(next, { who: "", text, tone: "info" }, now) : next;
}

/**
 * Return what this page may still know when it shows this agent. A colleague who signs in
 * in another tab of this browser has this one, too: nothing that was the other's is
 * theirs. Not by a load, for a page just loaded would take their rings.
 * @param {State} state
 * @param {Agent} agent
 * @returns {State}
 */
export function belongingTo(state, agent) {
  if (state.agent === null || isId(state.agent.id, agent.id)) {
    return state;
  }
  const { connection, open, audioProblem } = state;
  return { ...initialState, connection, open, audioProblem };
}

/**
 * Note which window rings. One that becomes it takes over the audio of the call; one that
 * is it no more has none. Of two words the newer one counts: they may overtake each other.
 * @param {State} state with the calls as they are now
 * @param {RingingWindow | null} window
 * @param {boolean} primary whether that is this one
 * @returns {State}
 */
export function withWindow(state, window, primary) {
  const known = state.shift.window;
  if (known && window && Date.parse(window.since) < Date.parse(known.since)) {
    return state;
  }
  const since = primary && window ? window.since : state.shift.since;
  const next = { ...state, shift: { ...state.shift, window, primary, since } };
  if (!primary) {
    return { ...next, audioHere: null, hadAudio: false };
  }
  return state.shift.primary ? next : { ...next, audioHere: ownCall(next) };
}

/** @param {State} state */
function ownCall({ calls, agent }) {
  return Object.values(calls).find((call) => isInCall(call, agent))?.id ?? null;
}

/**
 * Say why calls ring here from now on; nothing where the person has asked for it.
 * @param {Why} why
 * @param {boolean} inCall
 */
function whyHere(why, inCall) {
  if (why === "closed") {
    return inCall
      ? t("Your other window was closed. The call goes on here.")
      : t("Your other window was closed. Calls ring here now.");
  }
  if (why === "silent") {
    return inCall
      ? t("Your other window does not respond. The call goes on here.")
      : t("Your other window does not respond. Calls ring here now.");
  }
  return "";
}
