/**
 * Who the person on the line is, as far as the server knows: asked for once a call rings
 * here, kept through the call and the wrap-up.
 *
 * @typedef {object} EarlierCall
 * @property {string} id
 * @property {string} at ISO 8601
 * @property {"inbound" | "outbound"} direction
 * @property {string} agent
 * @property {string} result
 * @property {number | null} seconds
 * @property {string} disposition
 * @property {string} notes
 *
 * @typedef {{id: Id, due_at: string | null, agent: string, sentence: string}} CallBack
 *
 * @typedef {object} CardPerson
 * @property {Id | null} contact
 * @property {string} name
 * @property {string} number
 * @property {string | null} [first_seen]
 * @property {Verdict | null} [permission] nothing, of somebody without a WhatsApp id
 * @property {EarlierCall[]} calls newest first
 * @property {CallBack[]} callbacks
 *
 * @typedef {object} Card
 * @property {string | null} call whose person is shown
 * @property {CardPerson | null} person
 * @property {string | null} naming what stands in the field for the name, while open
 */

import { myCall, ringingCalls } from "./calls.js";

/** @import {Id, Verdict} from "./dialing.js" */
/** @import {Call} from "./calls.js" */
/** @import {State} from "./store.js" */

/** Keys among the state's requests: the card that was asked for, and the name given. */
export const CARD = "card";
export const NAME = "name_person";

/** @type {Card} */
export const noCard = Object.freeze({ call: null, person: null, naming: null });

/** @type {Record<string, (state: State, action: any) => State>} */
export const CARD_REDUCERS = {
  cardWanted: (state, { call }) => changed(state, { ...noCard, call }),
  card: (state, { call, person, request }) =>
    call === state.card.call ? changed(answered(state, request), { person }) : state,
  nameTyped: (state, { naming }) => changed(state, { naming }),
};

/**
 * @param {State} state
 * @param {Partial<Card>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, card: { ...state.card, ...changes } };
}

/**
 * A card that was asked for before a name was given does not know of the name.
 * @param {State} state
 * @param {number | undefined} request
 * @returns {State}
 */
function answered(state, request = Number.POSITIVE_INFINITY) {
  const kept = Object.entries(state.asked).filter(
    ([key, asked]) => (key !== CARD && key !== NAME) || asked.request > request,
  );
  return { ...state, asked: Object.fromEntries(kept) };
}

/**
 * The call whose person the agent wants to know of: the one they are in, else the one
 * that rings longest, else the one they write about.
 * @param {State} state
 * @returns {Call | null}
 */
export function cardCall(state) {
  const { work } = state.shift;
  const written = work?.over ? work.call_snapshot : null;
  return myCall(state) ?? ringingCalls(state)[0] ?? written;
}

/**
 * The name as it is to be shown: one that was just typed here stands before the server
 * has stored it.
 * @param {State} state
 * @param {Call} call
 */
export function cardName(state, call) {
  const given = state.asked[NAME];
  const typed = given?.value.call === call.id ? given.value.name : "";
  return typed || (cardPerson(state, call)?.name ?? "") || call.contact.name;
}

/**
 * What is known of the person of this call; null while nothing is.
 * @param {State} state
 * @param {Call} call
 */
export function cardPerson({ card }, call) {
  return card.call === call.id ? card.person : null;
}

/**
 * The calls before this one.
 * @param {CardPerson} person
 * @param {Call} call
 */
export function earlierCalls(person, call) {
  return person.calls.filter(({ id }) => id !== call.id);
}
