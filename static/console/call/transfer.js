/** Hold, transfer and consult; buttons and keys call the same. */

import { consultedLeg } from "../state/participants.js";
import { myCall } from "../state/selectors.js";
import { isSame } from "../state/snapshot.js";
import { pendingTransfer, TRANSFER } from "../state/transfer.js";

/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Requests} from "../state/requests.js" */
/** @import {Id} from "../state/snapshot.js" */
/** @import {Store} from "../state/store.js" */
/** @import {TransferVerb} from "../state/transfer.js" */

/** The targets change while the agent chooses. */
const TARGETS_EVERY_MS = 3_000;

export class TransferCommands {
  #store;
  #requests;
  #socket;
  #listedAt = 0;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Pick<ConsoleSocket, "send">} socket
   */
  constructor(store, requests, socket) {
    this.#store = store;
    this.#requests = requests;
    this.#socket = socket;
  }

  get #transfer() {
    return this.#store.state.transfer;
  }

  /**
   * Return the call that is this agent's own; a guest can neither hold nor transfer.
   */
  get #call() {
    const { state } = this.#store;
    const call = myCall(state);
    return call !== null && isSame(call.agent, state.agent) ? call : null;
  }

  toggleHold() {
    const status = this.#call?.status;
    if (status === "active") {
      this.#ask("hold");
    } else if (status === "held") {
      this.#ask("resume");
    }
  }

  /** With a colleague there, the caller comes back to both. */
  threeWay() {
    this.#ask("resume");
  }

  /** List the agents and queues that could take the call. */
  open() {
    const call = this.#call;
    const isOn = call?.status === "active" || call?.status === "held";
    if (call !== null && isOn && consultedLeg(call) === null) {
      this.#store.dispatch({ type: "transferOpened", call: call.id });
      this.#list(performance.now());
    }
  }

  close() {
    this.#store.dispatch({ type: "transferClosed" });
  }

  /** @param {string} filter */
  filter(filter) {
    this.#store.dispatch({ type: "transferFiltered", filter });
  }

  /** @param {Id} agent gets the call unasked */
  toAgent(agent) {
    this.#ask("transfer", { agent }, `agent-${agent}`);
  }

  /** @param {Id} queue */
  toQueue(queue) {
    this.#ask("transfer", { queue }, `queue-${queue}`);
  }

  /** @param {Id} agent talks with this agent first */
  consult(agent) {
    this.#ask("consult", { agent }, `agent-${agent}`);
  }

  /** End the consult, or stop ringing the colleague; the caller stays on hold. */
  cancelConsult() {
    this.#ask("cancel_consult");
  }

  /** End the consult, and resume the call as soon as the colleague has gone. */
  back() {
    this.#ask("cancel_consult", {}, "", true);
  }

  /** This agent leaves, and the colleague has the call. */
  complete() {
    this.#ask("complete");
  }

  /** Resume a call that was only held for a colleague who is gone now. */
  follow() {
    const { back } = this.#transfer;
    if (back !== null && this.#call?.id === back) {
      this.#ask("resume");
    }
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    if (this.#transfer.open !== null && now - this.#listedAt >= TARGETS_EVERY_MS) {
      this.#list(now);
    }
  }

  /** @param {number} now */
  #list(now) {
    this.#listedAt = now;
    this.#socket.send("targets", {});
  }

  /**
   * @param {TransferVerb} verb
   * @param {Record<string, unknown>} fields
   * @param {string} to
   * @param {boolean} back
   */
  #ask(verb, fields = {}, to = "", back = false) {
    const call = this.#call?.id;
    if (call === undefined || pendingTransfer(this.#store.state) !== null) {
      return;
    }
    this.#store.dispatch({ type: "transferAsked" });
    const value = { call, to, back };
    this.#requests.ask(verb, { call, ...fields }, TRANSFER, value);
  }
}
