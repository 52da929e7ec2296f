/**
 * Plays sound a little faster or slower without changing its pitch: whole pitch periods
 * are left out or played twice, joined by a cross-fade (the principle of WSOLA).
 */

/** @import {SampleRing} from "./sample-ring.js" */

const LAG_MIN = 120;
/** The longest pitch period looked for, 15 ms: a voice of 67 Hz. */
export const LAG_MAX = 720;
/** Compared and cross-faded stretch: 5 ms. */
export const WINDOW = 240;
const COARSE_STEP = 4;
const CORRELATION_MIN = 0.4;
const SILENCE_RMS = 0.002;

/** Finds the pitch; keeps its result in fields, because audio threads should not allocate. */
export class PitchSearch {
  lag = LAG_MAX;
  correlation = 0;
  silent = true;

  /**
   * @param {SampleRing} ring
   * @param {number} anchor where the compared window begins
   * @param {1 | -1} direction whether the window's twin is looked for after or before
   */
  find(ring, anchor, direction) {
    const energy = this.#energy(ring, anchor);
    this.silent = energy < SILENCE_RMS * SILENCE_RMS * WINDOW;
    this.lag = LAG_MAX;
    this.correlation = 0;
    if (this.silent) return;
    this.#search(ring, anchor, direction, LAG_MIN, LAG_MAX, COARSE_STEP);
    const coarse = this.lag;
    const from = Math.max(LAG_MIN, coarse - COARSE_STEP + 1);
    const to = Math.min(LAG_MAX, coarse + COARSE_STEP - 1);
    this.correlation = 0;
    this.#search(ring, anchor, direction, from, to, 1);
  }

  /**
   * @param {SampleRing} ring
   * @param {number} anchor
   * @param {1 | -1} direction
   * @param {number} from
   * @param {number} to
   * @param {number} step of the lags and of the samples compared
   */
  #search(ring, anchor, direction, from, to, step) {
    for (let lag = from; lag <= to; lag += step) {
      const found = correlate(ring, anchor, anchor + direction * lag, step);
      if (found > this.correlation) {
        this.correlation = found;
        this.lag = lag;
      }
    }
  }

  /** @param {SampleRing} ring @param {number} anchor */
  #energy(ring, anchor) {
    let sum = 0;
    for (let i = 0; i < WINDOW; i += 1) sum += ring.at(anchor + i) ** 2;
    return sum;
  }
}

/**
 * @param {SampleRing} ring
 * @param {number} a
 * @param {number} b
 * @param {number} step
 * @returns {number} -1..1, how alike the windows at both places are
 */
function correlate(ring, a, b, step) {
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (let i = 0; i < WINDOW; i += step) {
    const x = ring.at(a + i);
    const y = ring.at(b + i);
    product += x * y;
    energyA += x * x;
    energyB += y * y;
  }
  const scale = Math.sqrt(energyA * energyB);
  return scale < 1e-9 ? 0 : product / scale;
}

export class TimeScale {
  #pitch = new PitchSearch();
  #joint = new Float32Array(WINDOW);

  /**
   * Leaves out one pitch period at the read position. The ring must hold at least
   * `LAG_MAX + WINDOW` samples.
   *
   * @param {SampleRing} ring
   * @param {boolean} force also where nothing is alike
   * @returns {number} samples left out, 0 when there was no good place
   */
  accelerate(ring, force) {
    const from = ring.position;
    this.#pitch.find(ring, from, 1);
    if (!this.#worthwhile(force)) return 0;
    const to = from + this.#pitch.lag;
    this.#crossFade(ring, from, to, to);
    return ring.skip(this.#pitch.lag);
  }

  /**
   * Plays the last pitch period once more. The ring must hold at least `WINDOW` samples.
   *
   * @param {SampleRing} ring
   * @returns {number} samples put in, 0 when there was no good place
   */
  expand(ring) {
    const from = ring.position;
    this.#pitch.find(ring, from, -1);
    if (!this.#worthwhile(false)) return 0;
    const to = from - this.#pitch.lag;
    this.#crossFade(ring, from, to, to);
    return -ring.skip(-this.#pitch.lag);
  }

  /** @param {boolean} force */
  #worthwhile(force) {
    return force || this.#pitch.silent || this.#pitch.correlation >= CORRELATION_MIN;
  }

  /**
   * @param {SampleRing} ring
   * @param {number} from position of what fades out
   * @param {number} to position of what fades in
   * @param {number} target position where the joint is stored; may overlap both
   */
  #crossFade(ring, from, to, target) {
    for (let i = 0; i < WINDOW; i += 1) {
      const share = i / WINDOW;
      this.#joint[i] = ring.at(from + i) * (1 - share) + ring.at(to + i) * share;
    }
    for (let i = 0; i < WINDOW; i += 1) ring.put(target + i, this.#joint[i]);
  }
}
