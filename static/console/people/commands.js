/** Finding contacts as the agent types, and the form to add or change one. */

import { t } from "../shell/i18n.js";
import { answeredCall, myCall } from "../state/selectors.js";
import { FindField } from "./find-field.js";

/** @import {Requests} from "../state/requests.js" */
/** @import {Id} from "../state/snapshot.js" */
/** @import {ContactForm, FoundPerson} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */

/** @typedef {{id: Id, name: string, number: string}} Chosen */
/**
 * @typedef {object} Dial what the field does with what was found
 * @property {(contact: Chosen) => void} chooseContact
 * @property {(request: number, text: string, contact: Id | null) => void} expectContact
 */

export class PeopleCommands {
  #store;
  #requests;
  #dial;
  #field = new FindField((text) => this.#find(text));
  #line = "";

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Dial} dial
   */
  constructor(store, requests, dial) {
    this.#store = store;
    this.#requests = requests;
    this.#dial = dial;
  }

  get #people() {
    return this.#store.state.people;
  }

  /** The field has the focus: show whom the agent may mean. */
  enter() {
    this.#field.now(this.#store.state.dialing.number);
  }

  /** @param {string} text */
  typed(text) {
    this.#field.typed(text);
  }

  leave() {
    this.#field.stop();
    this.#close();
  }

  /** A call takes the page, or another number to call from was chosen. */
  follow() {
    const { state } = this.#store;
    const isBusy = myCall(state) !== null || answeredCall(state) !== null;
    if (isBusy && this.#people.isOpen) {
      this.leave();
    }
    const line = String(state.dialing.line ?? "");
    if (line !== this.#line && this.#people.isOpen) {
      this.#field.now(state.dialing.number);
    }
    this.#line = line;
  }

  /**
   * Move among what was found; undefined where there is nothing to move in.
   * @param {1 | -1} step
   */
  move(step) {
    const { options, isOpen, active } = this.#people;
    if (!isOpen) {
      this.enter();
      return;
    }
    const places = options.length + 1; // the last one is the field itself
    const next = (active + 1 + step + places) % places;
    this.#store.dispatch({ type: "optionActive", active: next - 1 });
  }

  /**
   * Choose what the keys are at, or the first of those that the text means.
   * @param {string} text what the field reads
   * @param {boolean} mayBeNumber whether it may be a whole number, which is looked up
   * @returns {boolean} whether a contact was chosen
   */
  chooseActive(text, mayBeNumber) {
    const { options, active, isOpen, request } = this.#people;
    const isOfText = this.#people.text === text.trim() && request === 0;
    const first = isOfText && !mayBeNumber ? options[0] : undefined;
    const option = options[active] ?? first;
    if (isOpen && option !== undefined && text.trim() !== "") {
      this.choose(option);
      return true;
    }
    if (isOpen && active >= 0 && option !== undefined) {
      this.choose(option);
      return true;
    }
    return false;
  }

  /** @param {FoundPerson} option */
  choose(option) {
    this.leave();
    this.#dial.chooseContact(option);
  }

  #close() {
    if (this.#people.isOpen) {
      this.#store.dispatch({ type: "findClosed" });
    }
  }

  /** @param {string} text */
  #find(text) {
    const { line } = this.#store.state.dialing;
    const request = this.#requests.quietly("find", { text, line });
    if (request > 0) {
      this.#store.dispatch({ type: "findAsked", text, request });
    }
  }

  // --- The form ---

  /** @param {Partial<ContactForm>} form */
  openForm({ contact = null, name = "", number = "" }) {
    this.#field.stop();
    const empty = { problem: "", readings: [], request: 0 };
    this.#store.dispatch({
      type: "contactForm",
      form: { contact, name, number, ...empty },
    });
  }

  closeForm() {
    this.#store.dispatch({ type: "contactForm", form: null });
  }

  /** @param {Partial<ContactForm>} changes */
  change(changes) {
    this.#store.dispatch({ type: "contactTyped", changes });
  }

  /** @param {string} number one of those that the server asked about */
  chooseNumber(number) {
    this.change({ number });
    this.save();
  }

  save() {
    const { form } = this.#people;
    if (form === null || form.request !== 0) {
      return;
    }
    const problem = problemOf(form);
    if (problem !== "") {
      this.#store.dispatch({ type: "contactTyped", changes: {} });
      this.#tell(problem);
      return;
    }
    const { contact, name, number } = form;
    const { line } = this.#store.state.dialing;
    const request = this.#requests.send("save_contact", {
      contact,
      name: name.trim(),
      number: number.trim(),
      line,
    });
    if (request > 0) {
      this.#store.dispatch({ type: "contactSent", request });
    }
  }

  /** @param {string} text */
  #tell(text) {
    const { form } = this.#people;
    this.#store.dispatch({ type: "contactForm", form: { ...form, problem: text } });
  }

  /**
   * Before the store hears of it: show whom the form was saved for.
   * @param {{person: {contact: Id, name: string, number: string},
   *   request: number | null}} message
   */
  heard({ person, request }) {
    const { form } = this.#people;
    if (form !== null && request !== null && form.request === request) {
      const text = person.name || person.number;
      this.#dial.expectContact(request, text, form.contact);
    }
  }
}

/**
 * Return what is missing, a sentence, or nothing.
 * @param {ContactForm} form
 */
export function problemOf({ contact, name, number }) {
  if (name.trim() === "") {
    return t("Enter a name first.");
  }
  return contact === null && number.trim() === "" ? t("Enter a number first.") : "";
}
