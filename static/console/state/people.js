/** The contacts that what is typed may mean, and the form of a contact. Pure. */

import { t } from "../shell/i18n.js";

/** @import {Reading} from "./snapshot.js" */
/** @import {ContactForm, FoundPerson, People, State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const PEOPLE_REDUCERS = {
  findAsked: (state, { text, request }) =>
    changed(state, { asked: text, request, isOpen: true }),
  found: (state, message) => found(state, message),
  findClosed: (state) => changed(state, { isOpen: false, active: -1 }),
  optionActive: (state, { active }) => changed(state, { active }),
  contactForm: (state, { form }) => changed(state, { form, isOpen: false }),
  contactTyped: (state, { changes }) =>
    state.people.form === null
      ? state
      : withForm(state, { ...changes, problem: "", readings: [] }),
  contactSent: (state, { request }) => withForm(state, { request, problem: "" }),
};

/**
 * @param {State} state
 * @param {Partial<People>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, people: { ...state.people, ...changes } };
}

/**
 * @param {State} state
 * @param {Partial<ContactForm>} changes
 * @returns {State}
 */
function withForm(state, changes) {
  const { form } = state.people;
  return form === null ? state : changed(state, { form: { ...form, ...changes } });
}

/**
 * Take what was found, unless the field reads something else by now.
 * @param {State} state
 * @param {{people: FoundPerson[], more: boolean, request: number}} message
 */
function found(state, { people, more, request }) {
  if (request !== state.people.request) {
    return state;
  }
  const text = state.people.asked;
  return changed(state, { options: people, more, text, request: 0, active: -1 });
}

/**
 * Tell whether a contact was saved with this reply.
 * @param {State} state
 * @param {number | undefined} request
 */
export function isSaved({ people }, request) {
  return people.form !== null && request !== 0 && people.form.request === request;
}

/**
 * Close the form: the contact is stored.
 * @param {State} state
 * @returns {State}
 */
export function saved(state) {
  return changed(state, { form: null });
}

/**
 * Ask which number is meant, beside the form.
 * @param {State} state
 * @param {Reading[]} readings
 * @returns {State}
 */
export function unclear(state, readings) {
  return withForm(state, { readings, request: 0 });
}

/**
 * Take what the server says no to; `null` when it was not about contacts.
 * @param {State} state
 * @param {{text: string, request?: number}} problem
 * @returns {State | null}
 */
export function peopleRefused(state, { text, request }) {
  if (isSaved(state, request)) {
    return withForm(state, { problem: text, request: 0 });
  }
  if (request !== undefined && request !== 0 && request === state.people.request) {
    return changed(state, { request: 0 });
  }
  return null;
}

/**
 * Forget what was asked over a connection that is gone.
 * @param {State} state
 * @returns {State}
 */
export function peopleLost(state) {
  const { form } = state.people;
  const isWaiting = form !== null && form.request !== 0;
  const next = changed(state, { request: 0 });
  return isWaiting
    ? withForm(next, { request: 0, problem: t("The connection was lost. Try again.") })
    : next;
}
