/** Which of an agent's windows is the one that rings. */

/** @import {Requests} from "../state/requests.js" */
/** @import {Store} from "../state/store.js" */

export class ConsoleWindow {
  #store;
  #requests;
  #id;

  /**
   * @param {Store} store
   * @param {Pick<Requests, "send">} requests
   * @param {string} id of this page load
   */
  constructor(store, requests, id = crypto.randomUUID()) {
    this.#store = store;
    this.#requests = requests;
    this.#id = id;
  }

  /** Return what goes first over each new connection. */
  hello() {
    const { since } = this.#store.state.shift;
    return { console: this.#id, since, language: document.documentElement.lang };
  }

  /** Make this page the one that rings; everything else comes along. */
  use() {
    this.#requests.send("hello", { ...this.hello(), take: true });
  }
}
