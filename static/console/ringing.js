/** Makes the calls that ring be heard and seen, and tells the server that they are. */

import { callerName, myCall, ringingCalls } from "./calls.js";

/** @import {Call} from "./calls.js" */
/** @import {Notifier} from "./notifier.js" */
/** @import {State} from "./store.js" */

/**
 * @typedef {{start(): unknown, stop(): unknown}} Ringer
 */

export class Ringing {
  #ringer;
  #notifier;
  #acknowledge;
  #isRinging = false;
  /** @type {Set<string>} */
  #acknowledged = new Set();

  /**
   * @param {Ringer} ringer
   * @param {Notifier} notifier
   * @param {(id: string) => void} acknowledge
   */
  constructor(ringer, notifier, acknowledge) {
    this.#ringer = ringer;
    this.#notifier = notifier;
    this.#acknowledge = acknowledge;
  }

  /** @param {State} state already shown on the page */
  follow(state) {
    const calls = state.connection === "online" ? ringingCalls(state) : [];
    this.#notifier.show(calls.map(described));
    this.#sound(calls.length > 0 && myCall(state) === null);
    for (const { id } of calls) {
      if (!this.#acknowledged.has(id)) {
        this.#acknowledge(id);
      }
    }
    this.#acknowledged = new Set(calls.map(({ id }) => id));
  }

  /** @param {boolean} due */
  #sound(due) {
    if (due === this.#isRinging) {
      return;
    }
    this.#isRinging = due;
    if (due) {
      this.#ringer.start();
    } else {
      this.#ringer.stop();
    }
  }
}

/** @param {Call} call */
function described(call) {
  const { name, number } = call.contact;
  const detail = [name ? number : "", call.queue].filter(Boolean).join(" · ");
  return { id: call.id, who: callerName(call), detail };
}
