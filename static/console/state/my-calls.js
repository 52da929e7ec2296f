/** The agent's own calls, page by page. Pure. */

import { isId } from "./snapshot.js";

/** @import {Person} from "./snapshot.js" */
/** @import {MyCalls, OwnCall, State} from "./state.js" */

/** What one page of the browser keeps; older ones are in the call log. */
export const MOST_ROWS = 200;

/** @type {Record<string, (state: State, action: any) => State>} */
export const MY_CALLS_REDUCERS = {
  myCallsAsked: (state, { kind, request, isNext }) =>
    changed(state, {
      request,
      isNext,
      kind,
      calls: kind === state.myCalls.kind ? state.myCalls.calls : [],
      more: kind === state.myCalls.kind && state.myCalls.more,
      isLoaded: kind === state.myCalls.kind && state.myCalls.isLoaded,
    }),
  my_calls: (state, message) => told(state, message),
};

/**
 * @param {State} state
 * @param {Partial<MyCalls>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, myCalls: { ...state.myCalls, ...changes } };
}

/**
 * Take a page, unless another one has been asked for since.
 * @param {State} state
 * @param {{calls: OwnCall[], more: boolean, request: number}} message
 */
function told(state, { calls, more, request }) {
  const { myCalls } = state;
  if (request !== myCalls.request) {
    return state;
  }
  const before = myCalls.isNext ? myCalls.calls : [];
  const rows = [...before, ...calls].slice(0, MOST_ROWS);
  return changed(state, {
    calls: rows,
    more: more && rows.length < MOST_ROWS,
    request: 0,
    isNext: false,
    isLoaded: true,
  });
}

/**
 * Give up waiting: the request was refused, or its reply is lost with the connection.
 * @param {State} state
 * @param {number | undefined} request nothing: whatever was asked
 * @returns {State}
 */
export function myCallsRefused(state, request = state.myCalls.request) {
  return request === state.myCalls.request
    ? changed(state, { request: 0, isNext: false })
    : state;
}

/**
 * Take WhatsApp's news of a person to all of their calls.
 * @param {State} state
 * @param {Person} person
 * @returns {State}
 */
export function withVerdicts(state, person) {
  const isTheirs = (/** @type {OwnCall} */ { contact, line }) =>
    isId(contact.id, person.contact) && isId(line, person.line);
  if (!state.myCalls.calls.some(isTheirs)) {
    return state;
  }
  const { call, ask } = person;
  const calls = state.myCalls.calls.map((one) =>
    isTheirs(one) ? { ...one, call, ask } : one,
  );
  return changed(state, { calls });
}
