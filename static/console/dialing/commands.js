/** Commands to call a person: the field, the buttons and the list. */

import { marked, t } from "../shell/i18n.js";
import { isCalling } from "../state/dialing.js";
import { answeredCall, myCall } from "../state/selectors.js";
import { isId } from "../state/snapshot.js";
import { NumberField } from "./number-field.js";

/** @import {AudioSession} from "../audio-devices/audio-session.js" */
/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Id, Person, ScheduledCall} from "../state/snapshot.js" */
/** @import {DialVerb} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */

const MOST_EXPLAINED = 3;
const RENEW_EVERY_MS = 60_000;
const UNREACHABLE = marked("The server cannot be reached right now. Please try again.");

export class DialingCommands {
  #store;
  #socket;
  #audio;
  #field = new NumberField((number) => this.#lookUp(number));
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** @type {Id | null} the contact that was chosen, until something else is typed */
  #chosen = null;
  /** The request by which a contact is stored that had no id before. */
  #expected = 0;
  /** @type {Map<number, ScheduledCall>} those whose person is looked up, by request */
  #gone = new Map();

  /**
   * @param {Store} store
   * @param {Pick<ConsoleSocket, "send">} socket
   * @param {Pick<AudioSession, "open">} audio
   */
  constructor(store, socket, audio) {
    this.#store = store;
    this.#socket = socket;
    this.#audio = audio;
  }

  get #dialing() {
    return this.#store.state.dialing;
  }

  get #isFree() {
    const { state } = this.#store;
    const isBusy = myCall(state) !== null || answeredCall(state) !== null;
    return !isBusy && !this.#dialing.asked.some(isCalling);
  }

  /**
   * @param {string} number
   * @param {boolean} pasted
   */
  typeNumber(number, pasted) {
    this.#chosen = null;
    this.#store.dispatch({ type: "numberTyped", number });
    this.#field.typed(number, pasted);
  }

  /** Enter, or the field was left. A look-up that failed is tried again. */
  finishNumber(again = false) {
    const { person, lookingSince } = this.#dialing;
    if (again && person === null && lookingSince === null) {
      this.#field.again();
    } else {
      this.#field.finished();
    }
  }

  /**
   * Show a contact that was found: who they are is known, whatever they are called.
   * @param {{id: Id, name: string, number: string}} contact
   */
  chooseContact({ id, name, number }) {
    const text = name || number;
    this.#store.dispatch({ type: "numberTyped", number: text });
    this.#field.settled(text);
    this.#chosen = id;
    this.#field.again();
  }

  /**
   * Show the contact that a request which was sent by others will tell of.
   * @param {number} request
   * @param {string} text
   * @param {Id | null} contact null while it is new
   */
  expectContact(request, text, contact) {
    this.#store.dispatch({ type: "numberTyped", number: text });
    this.#field.settled(text);
    this.#chosen = contact;
    this.#expected = request;
    this.#store.dispatch({ type: "lookedUp", request });
  }

  /**
   * Say which number is meant, of those that the server asked about.
   * @param {string} number with its country code
   */
  chooseNumber(number) {
    this.#chosen = null;
    this.#store.dispatch({ type: "numberTyped", number });
    this.#field.typed(number);
    this.#field.finished();
  }

  /** @param {Id} line */
  chooseLine(line) {
    this.#store.dispatch({ type: "lineChosen", line });
    this.#field.again();
  }

  /**
   * Look the number up again after a lost connection: there is no answer yet, or an old
   * one.
   */
  repeatLookUp() {
    if (this.#dialing.number !== "") {
      this.#field.again();
    }
  }

  /**
   * Ask again, now and then, for a permission that has run out.
   * @param {number} now milliseconds of the epoch by the server's clock
   */
  tick(now) {
    const { person } = this.#dialing;
    const isDue = now - this.#renewedAt > RENEW_EVERY_MS;
    if (person !== null && isDue && isOver(person, now)) {
      this.#renewedAt = now;
      this.repeatLookUp();
    }
  }

  /** Find out why a plan is gone: what is known of its person now says so. */
  follow() {
    const { gone } = this.#dialing;
    if (gone.length === 0) {
      return;
    }
    this.#store.dispatch({ type: "goneSeen" });
    this.#gone.clear();
    for (const plan of gone.slice(-MOST_EXPLAINED)) {
      const { number, line } = plan;
      this.#gone.set(this.#socket.send("look_up", { number, line }), plan);
    }
  }

  /** @param {{person: Person, request: number}} message */
  heard({ person, request }) {
    if (request !== null && request === this.#expected) {
      this.#chosen = person.contact;
      this.#expected = 0;
    }
    const plan = this.#gone.get(request);
    if (plan !== undefined && this.#isFree) {
      const who = plan.name || plan.number;
      const text = person.call.allowed
        ? t("This call is no longer offered to you")
        : t(person.call.sentence);
      this.#store.dispatch({ type: "notice", notice: { who, text, tone: "info" } });
    }
    this.#gone.delete(request);
  }

  /** Call, but not before the audio is open: the person would hear silence. */
  async callPerson() {
    const { person } = this.#dialing;
    if (person?.call.allowed && this.#isFree && (await this.#audio.open())) {
      this.#ask("call", person);
    }
  }

  askPerson() {
    const { person } = this.#dialing;
    if (person?.ask.allowed) {
      this.#ask("ask", person);
    }
  }

  /**
   * Call a contact of a list, with the one press.
   * @param {{contact: Id, line: Id}} whom
   */
  async callContact(whom) {
    if (this.#isFree && (await this.#audio.open())) {
      this.#ask("call", whom, null, true);
    }
  }

  /** @param {{contact: Id, line: Id}} whom */
  askContact(whom) {
    this.#ask("ask", whom, null, true);
  }

  /** @param {Id} id */
  async callPlan(id) {
    const plan = this.#dialing.plans.find((one) => isId(one.id, id));
    if (plan !== undefined && this.#isFree && (await this.#audio.open())) {
      this.#ask("call_plan", plan, plan.id);
    }
  }

  /** @param {Id} id */
  dropPlan(id) {
    const plan = this.#dialing.plans.find((one) => isId(one.id, id));
    if (plan !== undefined) {
      this.#ask("drop_plan", plan, plan.id);
    }
  }

  /** @param {Id} plan */
  postpone(plan) {
    this.#store.dispatch({ type: "later", plan });
  }

  /** @param {string} number */
  #lookUp(number) {
    const { line } = this.#dialing;
    const whom = this.#chosen === null ? { number } : { contact: this.#chosen };
    const request = this.#socket.send("look_up", { ...whom, line });
    this.#store.dispatch(
      request > 0
        ? { type: "lookedUp", request }
        : { type: "dialProblem", text: t(UNREACHABLE) },
    );
  }

  /**
   * Twice the same is asked once: a double click is not two calls.
   * @param {DialVerb} verb
   * @param {{contact: Id, line: Id}} whom
   * @param {Id | null} plan
   * @param {boolean} isAside whether a no is told as a notice, not beside the field
   */
  #ask(verb, { contact, line }, plan = null, isAside = false) {
    const isAsked = this.#dialing.asked.some(
      (one) => isId(one.contact, contact) && isId(one.line, line),
    );
    if (isAsked || (!this.#isFree && verb !== "ask" && verb !== "drop_plan")) {
      return;
    }
    const fields = plan === null ? { contact, line } : { plan };
    const request = this.#socket.send(verb, fields);
    if (request > 0) {
      this.#store.dispatch({
        type: "dialRequested",
        verb,
        request,
        contact,
        line,
        plan,
        isAside,
      });
    } else {
      this.#store.dispatch({ type: "dialProblem", text: t(UNREACHABLE) });
    }
  }
}

/**
 * @param {Person} person
 * @param {number} now
 */
function isOver({ call, ask }, now) {
  const instants = [call.until, call.earliest, ask.earliest];
  return instants.some((instant) => instant !== null && Date.parse(instant) <= now);
}
