/**
 * The parts of the state that have a file of their own, gathered for the store.
 *
 * @typedef {object} Slices
 * @property {Transfer} transfer
 * @property {Card} card
 * @property {Check} check
 */

import { CHECK_REDUCERS, noCheck } from "./audio-check.js";
import { CARD_REDUCERS, noCard } from "./caller-card.js";
import { nobodyAsked, TRANSFER_REDUCERS } from "./transfer.js";

/** @import {Card} from "./caller-card.js" */
/** @import {Check} from "./audio-check.js" */
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
