/** Runs the check of the sound, with the engine that also carries the calls. */

import { CHECK_SECONDS, mayCheck } from "../state/audio-check.js";

/** @import {Sound} from "./audio-session.js" */
/** @import {State, Store} from "../state/store.js" */

/**
 * @typedef {object} EchoEngine
 * @property {boolean} muted
 * @property {(url: string, options: {echo: boolean}) => void} connect
 * @property {() => void} disconnect
 */

export class SoundChecker {
  #store;
  #engine;
  #sound;
  #startedAt = 0;
  #loudest = 0;

  /**
   * @param {Store} store
   * @param {EchoEngine} engine
   * @param {Pick<Sound, "open">} sound
   */
  constructor(store, engine, sound) {
    this.#store = store;
    this.#engine = engine;
    this.#sound = sound;
  }

  get isRunning() {
    return this.#store.state.check.phase === "running";
  }

  /** In the handler of a click: the browser may ask for the microphone. */
  async start() {
    const isOpen = mayCheck(this.#store.state) && (await this.#sound.open());
    const { state } = this.#store;
    if (!isOpen || this.isRunning || !mayCheck(state)) {
      return;
    }
    this.#startedAt = performance.now();
    this.#loudest = 0;
    this.#store.dispatch({ type: "checkStarted" });
    this.#engine.muted = false;
    this.#engine.connect(state.shift.echoUrl, { echo: true });
  }

  stop() {
    this.#end("checkOver");
  }

  /**
   * A call is more important.
   * @param {State} state
   */
  follow(state) {
    if (!mayCheck(state)) {
      this.#end("checkDropped");
    }
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    if (!this.isRunning) {
      return;
    }
    const left = CHECK_SECONDS - Math.floor((now - this.#startedAt) / 1000);
    if (left > 0) {
      this.#store.dispatch({ type: "checkLeft", left });
    } else {
      this.stop();
    }
  }

  /**
   * How the connection of the check stands.
   * @param {string} state
   */
  connected(state) {
    if (state === "ended" || state === "replaced") {
      this.stop();
    }
  }

  /** @param {number} level of the microphone, root mean square */
  hears(level) {
    this.#loudest = Math.max(this.#loudest, level);
  }

  /** @param {Record<string, number>} echo what the engine measured */
  measured(echo) {
    if (this.isRunning) {
      const measured = { ...echo, loudest: this.#loudest };
      this.#store.dispatch({ type: "checkMeasured", measured });
    }
  }

  /** @param {"checkOver" | "checkDropped"} type */
  #end(type) {
    if (this.isRunning) {
      this.#store.dispatch({ type });
      this.#engine.disconnect();
    }
  }
}
