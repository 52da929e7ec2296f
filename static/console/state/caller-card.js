/**
 * The person on the call, as far as the server knows: looked up once a call rings
 * here, kept through the call and the wrap-up. Pure.
 */

import { myCall, ringingCalls } from "./selectors.js";
import { noCard } from "./state.js";

/** @import {Call, ContactDetails} from "./snapshot.js" */
/** @import {CallerCard, State} from "./state.js" */

/** Keys among the state's requests: the card that was asked for, and the name given. */
export const CARD = "card";
export const NAME = "name_person";

/** @type {Record<string, (state: State, action: any) => State>} */
export const CARD_REDUCERS = {
  cardWanted: (state, { call }) => changed(state, { ...noCard, call }),
  card: (state, { call, person, request }) =>
    call === state.card.call ? changed(answered(state, request), { person }) : state,
  nameTyped: (state, { naming }) => changed(state, { naming }),
};

/**
 * @param {State} state
 * @param {Partial<CallerCard>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, card: { ...state.card, ...changes } };
}

/**
 * Forget the requests that this answers. A card that was asked for before a name was
 * given does not know of the name.
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
 * Return the call whose person the agent wants to know of: the one they are in, else
 * the one that rings longest, else the one they write about.
 * @param {State} state
 * @returns {Call | null}
 */
export function cardCall(state) {
  const { work } = state.shift;
  const written = work?.over ? work.call_snapshot : null;
  return myCall(state) ?? ringingCalls(state)[0] ?? written;
}

/**
 * Return the name to be shown: one that was just typed here stands before the server
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
 * Return what is known of the person of this call; null while nothing is.
 * @param {State} state
 * @param {Call} call
 */
export function cardPerson({ card }, call) {
  return card.call === call.id ? card.person : null;
}

/**
 * Return the calls before this one.
 * @param {ContactDetails} person
 * @param {Call} call
 */
export function earlierCalls(person, call) {
  return person.calls.filter(({ id }) => id !== call.id);
}
