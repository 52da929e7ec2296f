/**
 * What the agent can do. Each verb is one method; buttons and keys call the same.
 */

import { t } from "../shell/i18n.js";
import { isGuest, myCall, ringingCalls, soundCall } from "../state/calls.js";

/** @import {Call} from "../state/calls.js" */
/** @import {Notifier} from "../shell/notifier.js" */
/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Sound} from "../audio-devices/audio-session.js" */
/** @import {Store} from "../state/store.js" */

/** Who is in one of these needs no sound. */
const RESTING = new Set(["offline", "on_break"]);

export class Verbs {
  #store;
  #socket;
  #sound;
  #notifier;

  /**
   * @param {Store} store
   * @param {ConsoleSocket} socket
   * @param {Sound} sound
   * @param {Notifier} notifier
   */
  constructor(store, socket, sound, notifier) {
    this.#store = store;
    this.#socket = socket;
    this.#sound = sound;
    this.#notifier = notifier;
  }

  get #state() {
    return this.#store.state;
  }

  /** In the handler of a click: only there may a page ask for these permissions. */
  async goAvailable() {
    const asked = this.#notifier.ask();
    if (!(await this.#sound.open())) {
      return;
    }
    this.send("available");
    const problem = await asked;
    if (problem) {
      this.#note(problem);
    }
  }

  goOffline() {
    this.send("offline");
  }

  /**
   * Not before the sound is open: the caller would hear nobody.
   * @param {string | undefined} id the call that rings longest, when missing
   */
  async answer(id = ringingCalls(this.#state)[0]?.id) {
    const free = myCall(this.#state) === null;
    if (id !== undefined && free && (await this.#sound.open())) {
      this.#ask("answer", id);
    }
  }

  /** @param {string | undefined} id the call that rings longest, when missing */
  decline(id = ringingCalls(this.#state)[0]?.id) {
    if (id !== undefined) {
      this.#ask("decline", id);
    }
  }

  hangUp() {
    const call = myCall(this.#state);
    if (call !== null) {
      this.#ask("hang_up", call.id);
    }
  }

  /**
   * Muting takes effect here at once; the server is told so that others know. It keeps
   * that only of the agent whose call it is.
   */
  toggleMute() {
    const call = soundCall(this.#state);
    if (call === null) {
      return;
    }
    const muted = !this.#state.mute.muted;
    this.#tellMuted(call, muted);
  }

  /** Tell the server again what was muted while nobody listened. */
  repeatMute() {
    const call = soundCall(this.#state);
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

  /**
   * After a load, pick up where the agent was. Should the sound not open, the page says
   * so, and the server sees that no call can ring here.
   */
  async resume() {
    const state = this.#state.agent?.state ?? "offline";
    if (!RESTING.has(state) || soundCall(this.#state) !== null) {
      await this.#sound.open();
    }
  }

  /**
   * @param {string} verb
   * @param {string} call
   */
  #ask(verb, call) {
    const request = this.send(verb, { call });
    if (request > 0) {
      this.#store.dispatch({ type: "asked", verb, call, request });
    }
  }

  /**
   * Ask the server for something; the agent is told when it cannot be reached.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   */
  send(type, fields = {}) {
    const request = this.#socket.send(type, fields);
    if (request === 0) {
      this.#note(t("The server cannot be reached right now. Please try again."));
    }
    return request;
  }

  /** @param {string} text */
  #note(text) {
    this.#store.dispatch({ type: "note", note: { who: "", text, tone: "problem" } });
  }
}
