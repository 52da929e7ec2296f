/** Asks the server for what the agent wants, and says so when it cannot be reached. */

import { t } from "../shell/i18n.js";

/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Store} from "./store.js" */

export class Requests {
  #store;
  #socket;

  /**
   * @param {Store} store
   * @param {Pick<ConsoleSocket, "send">} socket
   */
  constructor(store, socket) {
    this.#store = store;
    this.#socket = socket;
  }

  /**
   * Ask for what only shows more; without a connection nothing is said, as the page says
   * so already.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   * @returns {number} its number; 0 when it was not sent
   */
  quietly(type, fields = {}) {
    return this.#socket.send(type, fields);
  }

  /**
   * @param {string} type
   * @param {Record<string, unknown>} fields
   * @returns {number} its number, which a problem will repeat; 0 when it was not sent
   */
  send(type, fields = {}) {
    const request = this.#socket.send(type, fields);
    if (request === 0) {
      const text = t("The server cannot be reached right now. Please try again.");
      this.#store.dispatch({
        type: "notice",
        notice: { who: "", text, tone: "problem" },
      });
    }
    return request;
  }

  /**
   * Send it, and remember until it is done that it was asked for.
   * @param {string} verb
   * @param {Record<string, unknown>} fields
   * @param {string} call the key among the state's requests: a call's id, or what there
   *   is only one of
   * @param {unknown} value what to remember with it
   */
  ask(verb, fields, call, value = undefined) {
    const request = this.send(verb, fields);
    if (request > 0) {
      this.#store.dispatch({ type: "asked", verb, call, request, value });
    }
  }
}
