/** What the agent can do with a call besides talking; buttons and keys call the same. */

import { t } from "../shell/i18n.js";
import { isSame, myCall } from "../state/calls.js";
import { askedLeg } from "../state/participants.js";
import { TRANSFER, wishOf } from "../state/transfer.js";

/** @import {Id} from "../state/dialing.js" */
/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Store} from "../state/store.js" */
/** @import {CallVerb} from "../state/transfer.js" */

/** Who can take a call changes while the agent looks for somebody. */
const TARGETS_EVERY_MS = 3_000;

export class TransferVerbs {
  #store;
  #socket;
  #listedAt = 0;

  /**
   * @param {Store} store
   * @param {Pick<ConsoleSocket, "send">} socket
   */
  constructor(store, socket) {
    this.#store = store;
    this.#socket = socket;
  }

  get #transfer() {
    return this.#store.state.transfer;
  }

  /** The call that is this agent's own; a guest cannot hold or hand on. */
  get #call() {
    const { state } = this.#store;
    const call = myCall(state);
    return call !== null && isSame(call.agent, state.agent) ? call : null;
  }

  toggleHold() {
    const status = this.#call?.status;
    if (status === "active") {
      this.#wish("hold");
    } else if (status === "held") {
      this.#wish("resume");
    }
  }

  /** With a colleague there, the caller comes back to both. */
  threeWay() {
    this.#wish("resume");
  }

  /** The list of those who could take the call. */
  open() {
    const call = this.#call;
    const isOn = call?.status === "active" || call?.status === "held";
    if (call !== null && isOn && askedLeg(call) === null) {
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
    this.#wish("transfer", { agent }, `agent-${agent}`);
  }

  /** @param {Id} queue */
  toQueue(queue) {
    this.#wish("transfer", { queue }, `queue-${queue}`);
  }

  /** @param {Id} agent talks with this agent first */
  consult(agent) {
    this.#wish("consult", { agent }, `agent-${agent}`);
  }

  /** The colleague goes, or is not rung any longer; the caller stays on hold. */
  cancelConsult() {
    this.#wish("cancel_consult");
  }

  /** The colleague goes, and the caller is back as soon as they have. */
  back() {
    this.#wish("cancel_consult", {}, "", true);
  }

  /** This agent leaves, and the colleague has the call. */
  complete() {
    this.#wish("complete");
  }

  /** Resume a call that was only held for a colleague who is gone now. */
  follow() {
    const { back } = this.#transfer;
    if (back !== null && this.#call?.id === back) {
      this.#wish("resume");
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
   * @param {CallVerb} verb
   * @param {Record<string, unknown>} fields
   * @param {string} to
   * @param {boolean} back
   */
  #wish(verb, fields = {}, to = "", back = false) {
    const call = this.#call?.id;
    if (call === undefined || wishOf(this.#store.state) !== null) {
      return;
    }
    this.#store.dispatch({ type: "transferAsked" });
    const request = this.#socket.send(verb, { call, ...fields });
    if (request > 0) {
      const value = { call, to, back };
      this.#store.dispatch({ type: "asked", verb, call: TRANSFER, request, value });
    } else {
      const text = t("The server cannot be reached right now. Please try again.");
      this.#store.dispatch({ type: "note", note: { who: "", text, tone: "problem" } });
    }
  }
}
