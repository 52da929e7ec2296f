/** Commands about a call that rings. */

import { myCall, ringingCalls } from "../state/selectors.js";

/** @import {AudioSession} from "../audio-devices/audio-session.js" */
/** @import {Requests} from "../state/requests.js" */
/** @import {Store} from "../state/store.js" */

export class RingingCommands {
  #store;
  #requests;
  #audio;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Pick<AudioSession, "open">} audio
   */
  constructor(store, requests, audio) {
    this.#store = store;
    this.#requests = requests;
    this.#audio = audio;
  }

  get #longest() {
    return ringingCalls(this.#store.state)[0]?.id;
  }

  /**
   * Answer, but not before the audio is open: the caller would hear silence.
   * @param {string | undefined} id the call that rings longest, when missing
   */
  async answer(id = this.#longest) {
    const free = myCall(this.#store.state) === null;
    if (id !== undefined && free && (await this.#audio.open())) {
      this.#requests.ask("answer", { call: id }, id);
    }
  }

  /** @param {string | undefined} id the call that rings longest, when missing */
  decline(id = this.#longest) {
    if (id !== undefined) {
      this.#requests.ask("decline", { call: id }, id);
    }
  }
}
