import { LAG_MAX, PitchSearch, WINDOW } from "./time-scale.js";

/** @import {SampleRing} from "./sample-ring.js" */

const FADE_SAMPLES = 2880;

/** Goes on with the last pitch period for 60 ms, ever softer, then falls silent. */
export class Concealment {
  #pitch = new PitchSearch();
  #period = new Float32Array(LAG_MAX);
  #length = 1;
  #at = FADE_SAMPLES;

  /** @param {SampleRing} ring what was played before its read position is carried on */
  begin(ring) {
    const end = ring.position;
    this.#pitch.find(ring, end - WINDOW, -1);
    this.#length = this.#pitch.lag;
    for (let i = 0; i < this.#length; i += 1) {
      this.#period[i] = ring.at(end - this.#length + i);
    }
    this.#at = 0;
  }

  /** @returns {number} the next sample */
  next() {
    if (this.#at >= FADE_SAMPLES) return 0;
    const gain = 1 - this.#at / FADE_SAMPLES;
    const value = this.#period[this.#at % this.#length] * gain;
    this.#at += 1;
    return value;
  }
}
