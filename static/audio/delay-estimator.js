/**
 * Estimate how long audio must wait so that late packets still come in time. As in NetEQ
 * of WebRTC: a forgetful histogram of how late packets were, and a quantile.
 *
 * The largest lateness of each half second is one sample. Counting every packet would
 * let a single stall, whose packets all come at once, raise the target for seconds.
 */
import { SAMPLE_RATE, timestampDistance } from "./wire.js";

const BIN_MS = 20;
const BINS = 20;
const INTERVAL_MS = 500;
const FORGET = 0.983;
/** A call begins as if half a minute of good network lay behind it. */
const PRIOR_SAMPLES = 30;
const PRIOR_BIN = 1;
const QUANTILE = 0.95;
const MARGIN_MS = 20;
const TARGET_MIN_MS = 40;
const TARGET_MAX_MS = 240;
const FRAME_MS = 20;
/** A flagged frame further off than this belongs to a new clock, not to a slow network. */
const NEW_CLOCK_MS = 200;
const SECOND_MS = 1000;
const WINDOW_SECONDS = 10;

/** The smallest value of the last ten seconds, kept as one minimum per second. */
export class SlidingMinimum {
  #minima = new Float64Array(WINDOW_SECONDS).fill(Number.POSITIVE_INFINITY);
  #second = Number.NEGATIVE_INFINITY;

  clear() {
    this.#minima.fill(Number.POSITIVE_INFINITY);
  }

  /**
   * @param {number} now milliseconds
   * @param {number} value
   * @returns {number} the minimum, `value` included
   */
  add(now, value) {
    const second = Math.floor(now / SECOND_MS);
    this.#forgetBefore(second);
    const slot = second % WINDOW_SECONDS;
    this.#minima[slot] = Math.min(this.#minima[slot], value);
    return Math.min(...this.#minima);
  }

  /** @param {number} second */
  #forgetBefore(second) {
    const stale = Math.min(second - this.#second, WINDOW_SECONDS);
    for (let i = 0; i < stale; i += 1) {
      this.#minima[(second - i) % WINDOW_SECONDS] = Number.POSITIVE_INFINITY;
    }
    this.#second = second;
  }
}

export class DelayEstimator {
  #histogram = new Float64Array(BINS);
  #base = new SlidingMinimum();
  #latest = /** @type {number | null} */ (null);
  #media = 0;
  #smallest = Number.POSITIVE_INFINITY;
  #intervalEnd = Number.NEGATIVE_INFINITY;
  #intervalMax = 0;
  #previous = 0;
  #frameMs = FRAME_MS;

  constructor() {
    this.#histogram[PRIOR_BIN] = PRIOR_SAMPLES;
  }

  /** A new stream: its clock is unknown, what was learnt of the network stays. */
  restart() {
    this.#latest = null;
    this.#base.clear();
    this.#smallest = Number.POSITIVE_INFINITY;
    this.#intervalMax = 0;
    this.#previous = 0;
  }

  /**
   * @param {object} packet
   * @param {number} packet.arrival milliseconds, any steady clock
   * @param {number} packet.timestamp 48 kHz samples, 32 bit
   * @param {number} packet.samples how long the packet lasts
   * @param {number} packet.missing packets lost right before it
   * @param {boolean} packet.talkSpurt
   */
  observe({ arrival, timestamp, samples, missing, talkSpurt }) {
    this.#frameMs = (samples * 1000) / SAMPLE_RATE;
    const delay = arrival - this.#mediaTime(timestamp);
    if (talkSpurt && Math.abs(delay - this.#smallest) > NEW_CLOCK_MS)
      this.#base.clear();
    this.#smallest = this.#base.add(arrival, delay);
    this.#learn(arrival, delay - this.#smallest + missing * this.#frameMs);
  }

  /** How much sound should wait in the buffer, in milliseconds. */
  get targetMs() {
    const wanted = (this.#quantileBin() + 1) * BIN_MS + MARGIN_MS;
    const target = Math.max(TARGET_MIN_MS, Math.min(TARGET_MAX_MS, wanted));
    return target + Math.max(0, this.#frameMs - FRAME_MS);
  }

  /** @param {number} timestamp @returns {number} milliseconds since the first packet */
  #mediaTime(timestamp) {
    if (this.#latest === null) this.#media = 0;
    else this.#media += timestampDistance(this.#latest, timestamp);
    this.#latest = timestamp;
    return (this.#media * 1000) / SAMPLE_RATE;
  }

  /** @param {number} now @param {number} lateness milliseconds */
  #learn(now, lateness) {
    // Falling lateness is the rest of a burst: the same stall must not count twice when
    // it lies across two intervals.
    const fresh = lateness >= this.#previous ? lateness : 0;
    this.#previous = lateness;
    this.#intervalMax = Math.max(this.#intervalMax, fresh);
    if (now < this.#intervalEnd) return;
    if (this.#intervalEnd !== Number.NEGATIVE_INFINITY)
      this.#addSample(this.#intervalMax);
    this.#intervalEnd = now + INTERVAL_MS;
    this.#intervalMax = 0;
  }

  /** @param {number} lateness milliseconds */
  #addSample(lateness) {
    for (let i = 0; i < BINS; i += 1) this.#histogram[i] *= FORGET;
    const bin = Math.floor(lateness / BIN_MS);
    this.#histogram[Math.max(0, Math.min(BINS - 1, bin))] += 1;
  }

  #quantileBin() {
    let total = 0;
    for (let i = 0; i < BINS; i += 1) total += this.#histogram[i];
    let sum = 0;
    for (let i = 0; i < BINS; i += 1) {
      sum += this.#histogram[i];
      if (sum >= QUANTILE * total) return i;
    }
    return BINS - 1;
  }
}
