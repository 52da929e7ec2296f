/** Asks who is on the line, and gives people a name. */

import { CARD, cardCall, cardName, NAME } from "../state/caller-card.js";

/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {Store} from "../state/store.js" */

export class CallerCardCommands {
  #store;
  #socket;
  /** The name that the call had when its card was asked for. */
  #name = "";

  /**
   * @param {Store} store
   * @param {Pick<ConsoleSocket, "send">} socket
   */
  constructor(store, socket) {
    this.#store = store;
    this.#socket = socket;
  }

  get #call() {
    return cardCall(this.#store.state);
  }

  /**
   * Ask again when another call is looked at, or when its contact was named meanwhile.
   */
  follow() {
    const { card } = this.#store.state;
    const call = this.#call;
    if ((call?.id ?? null) !== card.call) {
      this.#name = call?.contact.name ?? "";
      this.#store.dispatch({ type: "cardWanted", call: call?.id ?? null });
      this.ask();
    } else if (call !== null && call.contact.name !== this.#name) {
      this.ask();
    }
  }

  /** Also for the button, when the answer did not come. */
  ask() {
    const call = this.#call;
    if (call !== null) {
      this.#name = call.contact.name;
      this.#send(CARD, call, {});
    }
  }

  /** Ask again after a lost connection: what was asked before it has no answer. */
  repeat() {
    if (this.#call !== null && this.#store.state.asked[CARD] === undefined) {
      this.ask();
    }
  }

  /** Open the field with the name as it is. */
  startNaming() {
    const call = this.#call;
    const naming = call === null ? null : cardName(this.#store.state, call);
    this.#store.dispatch({ type: "nameTyped", naming });
  }

  /** @param {string | null} naming null closes the field */
  typeName(naming) {
    this.#store.dispatch({ type: "nameTyped", naming });
  }

  saveName() {
    const name = this.#store.state.card.naming?.trim() ?? "";
    const call = this.#call;
    if (call === null || name === "") {
      return;
    }
    if (name === cardName(this.#store.state, call)) {
      this.typeName(null);
    } else if (this.#send(NAME, call, { name })) {
      this.typeName(null);
      // Of a call that is over no news comes by itself.
      this.#send(CARD, call, {});
    }
  }

  /**
   * @param {string} type
   * @param {Call} call
   * @param {Record<string, unknown>} fields
   * @returns {boolean} whether it was sent
   */
  #send(type, { id }, fields) {
    const request = this.#socket.send(type, { call: id, ...fields });
    if (request > 0) {
      const value = { call: id, ...fields };
      this.#store.dispatch({ type: "asked", verb: type, call: type, request, value });
    }
    return request > 0;
  }
}
