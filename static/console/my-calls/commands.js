/** The agent's own calls: read when there is news of them, page by page. */

import { answeredCall, myCall } from "../state/selectors.js";

/** @import {Requests} from "../state/requests.js" */
/** @import {Id} from "../state/snapshot.js" */
/** @import {OwnCall, OwnCallKind, State} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */

/** After a call of this agent; the server has written it by then. */
const SOON_MS = 400;
/** After calls of colleagues: a hundred consoles do not ask for each of them. */
const AGAIN_AFTER_MS = 30_000;
const SPREAD_MS = 5_000;
/** A refusal, or a reply that never came. */
const GIVE_UP_MS = 10_000;

/**
 * @typedef {object} CallBack what a row's buttons do
 * @property {(whom: {contact: Id, line: Id}) => unknown} callContact
 * @property {(whom: {contact: Id, line: Id}) => unknown} askContact
 */

export class MyCallsCommands {
  #store;
  #requests;
  #dial;
  #isSeen;
  #dueAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #now = 0;
  /** What the list that is shown was read after. */
  #calls = "";
  #ended = 0;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {CallBack} dial
   * @param {() => boolean} isSeen whether anybody can look at the page
   */
  constructor(store, requests, dial, isSeen = () => !document.hidden) {
    this.#store = store;
    this.#requests = requests;
    this.#dial = dial;
    this.#isSeen = isSeen;
  }

  /** Follow the state: a call that is over, here or in the agent's queues, is news. */
  follow() {
    const { state } = this.#store;
    const calls = Object.keys(state.calls).join();
    if (calls !== this.#calls) {
      this.#calls = calls;
      this.#due(SOON_MS);
    }
    if (state.floor.ended !== this.#ended) {
      this.#ended = state.floor.ended;
      const rest = Math.max(0, this.#askedAt + AGAIN_AFTER_MS - this.#now);
      this.#due(rest + Math.random() * SPREAD_MS);
    }
  }

  /** @param {number} pause milliseconds from now */
  #due(pause) {
    this.#dueAt = Math.min(this.#dueAt, this.#now + pause);
  }

  /** After a lost connection: whatever has happened meanwhile. */
  back() {
    this.#dueAt = this.#now;
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    this.#now = now;
    const { state } = this.#store;
    const isWaiting = state.myCalls.request !== 0;
    if (isWaiting && now - this.#askedAt > GIVE_UP_MS) {
      this.#read(state.myCalls.kind);
    } else if (!isWaiting && now >= this.#dueAt && isShown(state) && this.#isSeen()) {
      this.#read(state.myCalls.kind);
    }
  }

  /** @param {OwnCallKind} kind */
  show(kind) {
    this.#read(kind);
  }

  more() {
    const { kind, calls, request } = this.#store.state.myCalls;
    const last = calls.at(-1);
    if (last !== undefined && request === 0) {
      this.#read(kind, last);
    }
  }

  /** @param {OwnCall} call */
  callBack({ contact, line }) {
    if (contact.id !== null && line !== null) {
      this.#dial.callContact({ contact: contact.id, line });
    }
  }

  /** @param {OwnCall} call */
  ask({ contact, line }) {
    if (contact.id !== null && line !== null) {
      this.#dial.askContact({ contact: contact.id, line });
    }
  }

  /**
   * @param {OwnCallKind} kind
   * @param {OwnCall | null} last the last call shown, where older ones follow
   */
  #read(kind, last = null) {
    const page = { kind, before: last?.at ?? null, last: last?.id ?? null };
    const request = this.#requests.quietly("my_calls", page);
    this.#askedAt = this.#now;
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (request > 0) {
      const isNext = last !== null;
      this.#store.dispatch({ type: "myCallsAsked", kind, request, isNext });
    } else {
      this.#due(SOON_MS);
    }
  }
}

/** @param {State} state */
function isShown(state) {
  const isBusy = myCall(state) !== null || answeredCall(state) !== null;
  return state.connection === "online" && state.loaded && !isBusy;
}
