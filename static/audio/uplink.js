/** From the microphone to the node: levels, mute, sequence, and what may be dropped. */
import { encodeFrame, FRAME_SAMPLES } from "./wire.js";

/** Frames that waited longer come out of a stall: the newest sound is worth more. */
const AGE_MAX_MS = 300;
/** Below the smallest step of 16 bit a microphone gives nothing at all. */
const FLAT = 1 / 32768;

/**
 * Numbers the frames of one listener. A frame that is not sent has its number all the
 * same, so that the node sees a gap where sound is missing.
 */
export class FrameCounter {
  #sequence = 0;
  #timestamp = 0;
  #talkSpurt = true;

  /** A new stream: what comes next need not fit to what went before. */
  restart() {
    this.#talkSpurt = true;
  }

  /** @returns {{sequence: number, timestamp: number, talkSpurt: boolean}} */
  next() {
    const numbers = {
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      talkSpurt: this.#talkSpurt,
    };
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    this.#talkSpurt = false;
    return numbers;
  }
}

export class Uplink {
  muted = false;
  sent = 0;
  dropped = 0;
  #counter = new FrameCounter();
  #send;
  #gain = 1;
  #energy = 0;
  #samples = 0;
  #peak = 0;
  #soundAt = /** @type {number | null} */ (null);

  /** @param {(message: Uint8Array<ArrayBuffer>) => boolean} send false: not taken */
  constructor(send) {
    this.#send = send;
  }

  /** Counters start at zero, the stream begins anew. */
  restart() {
    this.sent = 0;
    this.dropped = 0;
    this.beginStream();
  }

  beginStream() {
    this.#counter.restart();
  }

  /**
   * Measures one frame of the microphone and silences it when muted, without a click.
   *
   * @param {Float32Array} samples changed in place
   * @param {number} now milliseconds, steady
   */
  prepare(samples, now = performance.now()) {
    let peak = 0;
    const goal = this.muted ? 0 : 1;
    const step = (goal - this.#gain) / samples.length;
    for (let i = 0; i < samples.length; i += 1) {
      this.#energy += samples[i] * samples[i];
      peak = Math.max(peak, Math.abs(samples[i]));
      this.#gain += step;
      samples[i] *= this.#gain;
    }
    this.#gain = goal;
    this.#peak = Math.max(this.#peak, peak);
    if (this.#soundAt === null || peak >= FLAT) this.#soundAt = now;
    this.#samples += samples.length;
  }

  /** @param {number} ageMs since the frame was captured */
  tooOld(ageMs) {
    return ageMs > AGE_MAX_MS;
  }

  /** @param {number} kind @param {Uint8Array} payload */
  send(kind, payload) {
    const message = encodeFrame({ kind, payload, ...this.#counter.next() });
    if (this.#send(message)) this.sent += 1;
    else this.dropped += 1;
  }

  /** A frame that will not be sent. */
  skip() {
    this.#counter.next();
    this.dropped += 1;
  }

  /** @returns {number} loudness since the last time asked, muted or not */
  takeLoudness() {
    const rms = Math.sqrt(this.#energy / Math.max(1, this.#samples));
    this.#energy = this.#samples = 0;
    return rms;
  }

  /** @param {number} now @returns {number} how long it has given nothing at all */
  flatMs(now) {
    return this.#soundAt === null ? 0 : now - this.#soundAt;
  }

  /** @returns {boolean} whether the microphone gave nothing at all since last asked */
  takeFlat() {
    const flat = this.#peak < FLAT;
    this.#peak = 0;
    return flat;
  }
}
