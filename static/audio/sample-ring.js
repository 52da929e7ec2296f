/**
 * Sound on its way to the speaker, and what has just been played: concealing and
 * stretching look back. Positions only grow; a mask turns them into places.
 */

const CAPACITY = 2 ** 18;
const MASK = CAPACITY - 1;
/** Kept behind the read position: more than two of the longest pitch periods. */
const HISTORY = 4800;

export class SampleRing {
  #samples = new Float32Array(CAPACITY);
  /** Begins behind a stretch of silence, so that looking back is always possible. */
  #read = HISTORY;
  #write = HISTORY;

  /** Samples waiting to be played. */
  get level() {
    return this.#write - this.#read;
  }

  /** The position of the sample that is played next. */
  get position() {
    return this.#read;
  }

  /** @param {number} position @returns {number} */
  at(position) {
    return this.#samples[position & MASK];
  }

  /** @param {number} position @param {number} value */
  put(position, value) {
    this.#samples[position & MASK] = value;
  }

  /** @param {Float32Array} samples @returns {number} how many old ones fell out */
  push(samples) {
    for (let i = 0; i < samples.length; i += 1) this.put(this.#write + i, samples[i]);
    this.#write += samples.length;
    return this.skip(Math.max(0, this.level - (CAPACITY - HISTORY)));
  }

  /** @returns {number} the next sample; there must be one */
  shift() {
    const value = this.at(this.#read);
    this.#read += 1;
    return value;
  }

  /** @param {number} count forwards, or backwards when negative @returns {number} */
  skip(count) {
    this.#read += count;
    return count;
  }
}
