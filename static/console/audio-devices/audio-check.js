/** Runs the check of the audio, with the engine that also carries the calls. */

import { answeredCall, myCall, ringingCalls } from "../state/selectors.js";
import { CHECK_SECONDS } from "../state/state.js";

/** @import {State} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */
/** @import {AudioSession} from "./audio-session.js" */

/**
 * @typedef {object} EchoEngine
 * @property {boolean} muted
 * @property {(url: string, options: {echo: boolean}) => void} connect
 * @property {() => void} disconnect
 */

export class AudioChecker {
  #store;
  #engine;
  #audio;
  #startedAt = 0;
  #loudest = 0;

  /**
   * @param {Store} store
   * @param {EchoEngine} engine
   * @param {Pick<AudioSession, "open">} audio
   */
  constructor(store, engine, audio) {
    this.#store = store;
    this.#engine = engine;
    this.#audio = audio;
  }

  get isRunning() {
    return this.#store.state.check.phase === "running";
  }

  /** In the handler of a click: the browser may ask for the microphone. */
  async start() {
    const isOpen = mayCheck(this.#store.state) && (await this.#audio.open());
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
   * End the check when a call comes: that is more important.
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
   * Follow the state of the check's connection.
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

/**
 * Never while there is a call, or one rings.
 * @param {State} state
 */
export function mayCheck(state) {
  const { connection, shift } = state;
  const isFree =
    myCall(state) === null &&
    answeredCall(state) === null &&
    ringingCalls(state).length === 0;
  return connection === "online" && shift.primary && shift.echoUrl !== "" && isFree;
}
