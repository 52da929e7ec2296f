/** What the agent can do about their own state, and about which window rings. */

/** @import {Store} from "../state/store.js" */

/** @typedef {{state: "on_break" | "offline" | null, reason: number | string | null}} Next */

export class ShiftVerbs {
  #store;
  #send;
  #id;

  /**
   * @param {Store} store
   * @param {(type: string, fields?: Record<string, unknown>) => unknown} send which says
   *   so when there is no connection
   * @param {string} id of this page load
   */
  constructor(store, send, id = crypto.randomUUID()) {
    this.#store = store;
    this.#send = send;
    this.#id = id;
  }

  /** What goes first over each new connection. */
  hello() {
    const { since } = this.#store.state.shift;
    return { console: this.#id, since, language: document.documentElement.lang };
  }

  /** This page is to be the one that rings. */
  useWindow() {
    this.#send("hello", { ...this.hello(), take: true });
  }

  /** @param {number | string | null} reason id of a break */
  takeBreak(reason) {
    this.#send("break", { reason });
  }

  /** @param {Next} next what follows this call */
  goNext({ state, reason }) {
    this.#send("next_state", { state, reason });
  }
}
