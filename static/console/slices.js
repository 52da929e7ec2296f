/**
 * The parts of the state that have a file of their own, gathered for store.js.
 *
 * @typedef {object} Slices
 * @property {Transfer} transfer
 * @property {Card} card
 * @property {Check} check
 */

import { CARD_REDUCERS, noCard } from "./card.js";
import { CHECK_REDUCERS, noCheck } from "./sound-check.js";
import { nobodyAsked, TRANSFER_REDUCERS } from "./transfer.js";

/** @import {Card} from "./card.js" */
/** @import {Check} from "./sound-check.js" */
/** @import {State} from "./store.js" */
/** @import {Transfer} from "./transfer.js" */

/** @type {Slices} */
export const initialSlices = Object.freeze({
  transfer: nobodyAsked,
  card: noCard,
  check: noCheck,
});

/** @type {Record<string, (state: State, action: any, now: number) => State>} */
export const SLICE_REDUCERS = {
  ...TRANSFER_REDUCERS,
  ...CARD_REDUCERS,
  ...CHECK_REDUCERS,
};
