/** Hear again what the caller said last, while the call goes on. */

import { canRewind, keepingOf } from "../state/rewind.js";

/** @import {AudioEngine} from "../../audio/engine.js" */
/** @import {Store} from "../state/store.js" */

export class RewindCommands {
  #store;
  #engine;
  #call = /** @type {string | null} */ (null);

  /**
   * @param {Store} store
   * @param {Pick<AudioEngine, "keep" | "rewind" | "backToLive" | "rewindLeftMs">} engine
   */
  constructor(store, engine) {
    this.#store = store;
    this.#engine = engine;
  }

  /** Rewind, or come back to live while that is heard. */
  toggle() {
    if (this.#store.state.rewind.length > 0) {
      this.#engine.backToLive();
    } else if (canRewind(this.#store.state)) {
      this.#engine.rewind();
    }
  }

  /** After the state has changed: keep what may be kept, and nothing of another call. */
  follow() {
    const { state } = this.#store;
    const call = state.audioHere;
    if (call !== this.#call) {
      this.#call = call;
      this.#engine.keep("off");
      this.#store.dispatch({ type: "rewindGone" });
    }
    this.#engine.keep(keepingOf(this.#store.state));
  }

  /** @param {{playing: boolean, seconds: number, mono: boolean}} heard */
  tell({ playing, seconds, mono }) {
    this.#store.dispatch(
      playing
        ? { type: "rewindPlays", seconds: Math.round(seconds), mono }
        : { type: "rewindOver" },
    );
  }

  /** @param {number} keptMs ten times a second; only whole seconds are news */
  keeps(keptMs) {
    const kept = Math.floor(keptMs / 1000);
    const left = Math.ceil(this.#engine.rewindLeftMs / 1000);
    const { rewind } = this.#store.state;
    if (rewind.kept !== kept || rewind.left !== left) {
      this.#store.dispatch({ type: "rewindKept", kept, left });
    }
  }
}
