import { cardCall } from "../state/caller-card.js";
import { answeredCall, myCall } from "../state/selectors.js";

/** @import {State} from "../state/state.js" */

/**
 * Tell whether no call takes the page: then what goes on in the queues stands there.
 * @param {State} state
 */
export function isIdle(state) {
  const isBusy = myCall(state) !== null || answeredCall(state) !== null;
  return !isBusy && cardCall(state) === null;
}
