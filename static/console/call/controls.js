/**
 * Commands that concern this agent alone: mute, and hang up.
 *
 * @typedef {object} CallCommands
 * @property {CallControls} controls
 * @property {TransferCommands} transfer
 * @property {RewindCommands} rewind
 * @property {EndingCommands} ending
 * @property {() => void} takeAudio
 */

import { audioCall, myCall } from "../state/selectors.js";
import { isGuest } from "../state/snapshot.js";

/** @import {EndingCommands} from "./ending.js" */
/** @import {RewindCommands} from "./rewind.js" */
/** @import {TransferCommands} from "./transfer.js" */
/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Requests} from "../state/requests.js" */
/** @import {Call} from "../state/snapshot.js" */
/** @import {Store} from "../state/store.js" */

export class CallControls {
  #store;
  #requests;
  #socket;
  #beforeHangUp;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Pick<ConsoleSocket, "send">} socket
   * @param {() => void} beforeHangUp sends what waits to be sent about the call
   */
  constructor(store, requests, socket, beforeHangUp) {
    this.#store = store;
    this.#requests = requests;
    this.#socket = socket;
    this.#beforeHangUp = beforeHangUp;
  }

  get #state() {
    return this.#store.state;
  }

  hangUp() {
    this.#beforeHangUp();
    const call = myCall(this.#state);
    if (call !== null) {
      this.#requests.ask("hang_up", { call: call.id }, call.id);
    }
  }

  /**
   * Muting takes effect here at once; the server is told so that others know. It keeps
   * that only of the agent whose call it is.
   */
  toggleMute() {
    const call = audioCall(this.#state);
    if (call !== null) {
      this.#tellMuted(call, !this.#state.mute.muted);
    }
  }

  /** Tell the server again what was muted while it did not listen. */
  repeatMute() {
    const call = audioCall(this.#state);
    const { muted } = this.#state.mute;
    const isOwn = call !== null && !isGuest(call, this.#state.agent);
    if (isOwn && call.muted !== muted) {
      this.#tellMuted(call, muted);
    }
  }

  /**
   * @param {Call} call
   * @param {boolean} muted
   */
  #tellMuted(call, muted) {
    this.#store.dispatch({ type: "muted", muted });
    if (!isGuest(call, this.#state.agent)) {
      this.#socket.send("mute", { call: call.id, muted });
    }
  }
}
