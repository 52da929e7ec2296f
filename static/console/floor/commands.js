/** The agent's own day: read anew after each change of their state. */

import { isIdle } from "./idle.js";

/** @import {Requests} from "../state/requests.js" */
/** @import {Store} from "../state/store.js" */

/** A day goes on, and ends, while nothing else changes. */
const RENEW_EVERY_MS = 10 * 60_000;
/** The server has written by then what the change was about. */
const SOON_MS = 300;

export class DayCommands {
  #store;
  #requests;
  #version = -1;
  #now = 0;
  #dueAt = Number.POSITIVE_INFINITY;

  /**
   * @param {Store} store
   * @param {Requests} requests
   */
  constructor(store, requests) {
    this.#store = store;
    this.#requests = requests;
  }

  follow() {
    const version = this.#store.state.agent?.version ?? -1;
    if (version !== this.#version) {
      this.#version = version;
      this.#dueAt = this.#now + SOON_MS;
    }
  }

  back() {
    this.#dueAt = this.#now;
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    this.#now = now;
    const { state } = this.#store;
    if (now >= this.#dueAt && state.connection === "online" && isIdle(state)) {
      const request = this.#requests.quietly("my_day");
      this.#dueAt = now + (request > 0 ? RENEW_EVERY_MS : SOON_MS);
      if (request > 0) {
        this.#store.dispatch({ type: "dayAsked", request });
      }
    }
  }
}
