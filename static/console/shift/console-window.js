/** Which of an agent's windows is the one that rings. */

/** @import {AudioSession} from "../audio-devices/audio-session.js" */
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

  /** @param {string} id of the page that rings */
  is(id) {
    return id === this.#id;
  }

  /** Make this page the one that rings; everything else comes along. */
  use() {
    this.#requests.send("hello", { ...this.hello(), take: true });
  }
}

/** Opens the audio for what the agent does in this window: then calls belong here. */
export class AudioHere {
  #store;
  #window;
  #audio;

  /**
   * @param {Store} store
   * @param {Pick<ConsoleWindow, "use">} window
   * @param {Pick<AudioSession, "open">} audio
   */
  constructor(store, window, audio) {
    this.#store = store;
    this.#window = window;
    this.#audio = audio;
  }

  /** @returns {Promise<boolean>} whether it is open */
  open() {
    if (!this.#store.state.shift.primary) {
      this.#window.use();
    }
    return this.#audio.open();
  }
}
