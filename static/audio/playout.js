/**
 * Gives the speaker its sound, however unevenly it arrives: waits for enough of it,
 * plays faster or slower to keep that much waiting, and covers what does not come.
 * All of it runs on the audio thread, 128 samples at a time.
 */
import { Concealment } from "./conceal.js";
import { SampleRing } from "./sample-ring.js";
import { LAG_MAX, TimeScale, WINDOW } from "./time-scale.js";

/**
 * @typedef {object} PlayoutReport
 * @property {number} bufferMs sound waiting now
 * @property {number} targetMs sound that should be waiting
 * @property {number} underruns how often there was nothing to play
 * @property {number} concealedMs how long there was nothing to play
 * @property {number} acceleratedMs left out to catch up
 * @property {number} expandedMs put in to wait
 * @property {number} droppedMs thrown away after a stall of more than a second
 * @property {number} pushes pieces of sound taken in since the start, for flow control
 * @property {number} rms loudness since the report before, 0..1
 */

const PER_MS = 48;
const SMOOTH_MS = 200;
const TOO_MUCH_MS = 20;
const TOO_LITTLE_MS = -15;
const EXPAND_EVERY_MS = 60;
const LEVEL_MAX_MS = 1000;
const RESUME_MS = 20;
/** Above this much too much, even a voiceless place is shortened. */
const FORCE_MS = 200;

/** @param {number} overMs @returns {number} milliseconds from one shortening to the next */
function accelerateEveryMs(overMs) {
  if (overMs > 100) return 15;
  return overMs > 50 ? 30 : 60;
}

export class Playout {
  #ring = new SampleRing();
  #scale = new TimeScale();
  #conceal = new Concealment();
  /** fill: gathers sound. play. conceal: ran dry in the middle of a talk. */
  #state = /** @type {"fill" | "play" | "conceal"} */ ("fill");
  #target = 60 * PER_MS;
  #smooth = 0;
  #waited = 0;
  #sinceScaling = 0;
  #fadeLeft = 0;
  #gap = 0;
  #underruns = 0;
  #concealed = 0;
  #accelerated = 0;
  #expanded = 0;
  #dropped = 0;
  #pushes = 0;
  #energy = 0;
  #energySamples = 0;

  /** @param {number} milliseconds */
  setTarget(milliseconds) {
    this.#target = milliseconds * PER_MS;
  }

  /** @param {Float32Array} samples 48 kHz mono */
  push(samples) {
    this.#pushes += 1;
    this.#dropped += this.#ring.push(samples);
    if (this.#ring.level > LEVEL_MAX_MS * PER_MS) this.#dropToTarget();
  }

  /** Silence went before what comes next, on purpose: nothing was missing. */
  talkSpurt() {
    if (this.#state !== "conceal") return;
    this.#underruns -= 1;
    this.#concealed -= this.#gap;
    this.#state = "fill";
    this.#waited = 0;
  }

  /** Fades out and begins anew: another call, or none. Counters start at zero. */
  restart() {
    if (this.#state === "play") this.#conceal.begin(this.#ring);
    this.#ring.skip(this.#ring.level);
    this.#state = "fill";
    this.#waited = 0;
    this.#underruns = this.#concealed = this.#dropped = 0;
    this.#accelerated = this.#expanded = 0;
  }

  /** @param {Float32Array} output filled with what is to be heard next */
  pull(output) {
    if (this.#state !== "play" && this.#ready(output.length)) this.#start();
    if (this.#state === "play") this.#adjust(output.length);
    const played = this.#state === "play" ? this.#play(output) : 0;
    if (played < output.length) this.#cover(output, played);
    this.#measure(output);
  }

  /** @returns {PlayoutReport} */
  report() {
    const rms = Math.sqrt(this.#energy / Math.max(1, this.#energySamples));
    this.#energy = this.#energySamples = 0;
    return {
      bufferMs: this.#ring.level / PER_MS,
      targetMs: this.#target / PER_MS,
      underruns: this.#underruns,
      concealedMs: this.#concealed / PER_MS,
      acceleratedMs: this.#accelerated / PER_MS,
      expandedMs: this.#expanded / PER_MS,
      droppedMs: this.#dropped / PER_MS,
      pushes: this.#pushes,
      rms,
    };
  }

  /** @param {number} quantum */
  #ready(quantum) {
    if (this.#state === "conceal") {
      return this.#ring.level >= Math.min(this.#target, RESUME_MS * PER_MS + quantum);
    }
    // A lone packet of comfort noise never fills the buffer; it is played all the same.
    if (this.#ring.level > 0) this.#waited += quantum;
    return this.#ring.level >= this.#target || this.#waited > this.#target;
  }

  #start() {
    this.#state = "play";
    this.#smooth = this.#ring.level;
    this.#fadeLeft = WINDOW;
    this.#sinceScaling = 0;
  }

  /** @param {number} quantum */
  #adjust(quantum) {
    const share = quantum / (SMOOTH_MS * PER_MS);
    this.#smooth += (this.#ring.level - this.#smooth) * share;
    this.#sinceScaling += quantum;
    const overMs = (this.#smooth - this.#target) / PER_MS;
    const waitedMs = this.#sinceScaling / PER_MS;
    if (overMs > TOO_MUCH_MS && waitedMs >= accelerateEveryMs(overMs)) {
      this.#accelerate(overMs);
    } else if (overMs < TOO_LITTLE_MS && waitedMs >= EXPAND_EVERY_MS) {
      this.#expand();
    }
  }

  /** @param {number} overMs */
  #accelerate(overMs) {
    // The smoothed level lags behind: never shorten what has already run short.
    if (this.#ring.level < Math.max(this.#target, LAG_MAX + WINDOW)) return;
    const removed = this.#scale.accelerate(this.#ring, overMs > FORCE_MS);
    this.#accelerated += removed;
    this.#smooth -= removed;
    this.#sinceScaling = 0;
  }

  #expand() {
    if (this.#ring.level < WINDOW) return;
    const added = this.#scale.expand(this.#ring);
    this.#expanded += added;
    this.#smooth += added;
    this.#sinceScaling = 0;
  }

  /** @param {Float32Array} output @returns {number} samples written */
  #play(output) {
    const count = Math.min(output.length, this.#ring.level);
    for (let i = 0; i < count; i += 1) {
      output[i] = this.#fadeLeft > 0 ? this.#fadedIn() : this.#ring.shift();
    }
    return count;
  }

  /** @returns {number} the next sample, still mixed with what covered the gap */
  #fadedIn() {
    const share = this.#fadeLeft / WINDOW;
    this.#fadeLeft -= 1;
    return this.#conceal.next() * share + this.#ring.shift() * (1 - share);
  }

  /** @param {Float32Array} output @param {number} from */
  #cover(output, from) {
    if (this.#state === "play") this.#runDry();
    for (let i = from; i < output.length; i += 1) output[i] = this.#conceal.next();
    if (this.#state !== "conceal") return;
    this.#gap += output.length - from;
    this.#concealed += output.length - from;
  }

  #runDry() {
    this.#state = "conceal";
    this.#underruns += 1;
    this.#gap = 0;
    this.#conceal.begin(this.#ring);
  }

  #dropToTarget() {
    if (this.#state === "play") {
      this.#conceal.begin(this.#ring);
      this.#fadeLeft = WINDOW;
    }
    this.#dropped += this.#ring.skip(this.#ring.level - this.#target);
    this.#smooth = this.#ring.level;
  }

  /** @param {Float32Array} output */
  #measure(output) {
    for (let i = 0; i < output.length; i += 1) this.#energy += output[i] * output[i];
    this.#energySamples += output.length;
  }
}
