/** The ring tone: synthesised, looped, on a speaker of its own if the agent wants. */
import { SpeakerOutput } from "./speaker-output.js";

const RATE = 24_000;
const CYCLE_SECONDS = 3;
const RINGS = [
  { from: 0, to: 0.4 },
  { from: 0.6, to: 1 },
];
const TONES_HERTZ = [523.25, 659.25];
const EDGE_SECONDS = 0.02;
const VOLUME = 0.25;
const GESTURES = ["pointerdown", "keydown"];
const SETTLED_MS = 200;

/** @param {number} second @returns {number} 0..1, rising and falling softly */
function envelope(second) {
  for (const { from, to } of RINGS) {
    if (second < from || second >= to) continue;
    return Math.min(1, (second - from) / EDGE_SECONDS, (to - second) / EDGE_SECONDS);
  }
  return 0;
}

/**
 * Tones one after the other, rising and falling softly, and silence between them.
 *
 * @param {{hertz: number, from: number, to: number}[]} tones seconds
 * @param {number} seconds
 * @param {number} volume 0..1
 * @returns {Float32Array<ArrayBuffer>}
 */
function toneSamples(tones, seconds, volume, rate = RATE) {
  const samples = new Float32Array(rate * seconds);
  for (const { hertz, from, to } of tones) {
    const end = Math.round(to * rate);
    for (let i = Math.round(from * rate); i < end; i += 1) {
      const second = i / rate;
      const edge = Math.min(
        1,
        (second - from) / EDGE_SECONDS,
        (to - second) / EDGE_SECONDS,
      );
      samples[i] = volume * Math.max(0, edge) * Math.sin(2 * Math.PI * hertz * second);
    }
  }
  return samples;
}

/** The ringback tone of most of Europe (ETSI TR 101 041). */
export const ringbackSamples = (rate = RATE) =>
  toneSamples([{ hertz: 425, from: 0, to: 1 }], 5, 0.06, rate);

/** Two soft notes, once: a contact may be called now. */
export const chimeSamples = (rate = RATE) =>
  toneSamples(
    [
      { hertz: 659.25, from: 0, to: 0.22 },
      { hertz: 880, from: 0.24, to: 0.6 },
    ],
    1,
    0.14,
    rate,
  );

/** One soft low note: a caller is still on hold. */
export const holdSamples = (rate = RATE) =>
  toneSamples([{ hertz: 392, from: 0, to: 0.25 }], 1, 0.08, rate);

/** @returns {Float32Array<ArrayBuffer>} one cycle: two short rings and a pause */
export function ringSamples(rate = RATE) {
  const samples = new Float32Array(rate * CYCLE_SECONDS);
  for (let i = 0; i < samples.length; i += 1) {
    let tone = 0;
    for (const hertz of TONES_HERTZ) tone += Math.sin((2 * Math.PI * hertz * i) / rate);
    samples[i] = (VOLUME * envelope(i / rate) * tone) / TONES_HERTZ.length;
  }
  return samples;
}

export class Ringer {
  #samples;
  #loop;
  #speakerId = "";
  #context = /** @type {AudioContext | null} */ (null);
  #output = /** @type {SpeakerOutput | null} */ (null);
  #source = /** @type {AudioBufferSourceNode | null} */ (null);
  #settled = false;
  #resume = () => {
    this.#context?.resume().catch(() => {});
  };

  /**
   * @param {() => Float32Array<ArrayBuffer>} samples one cycle of the tone, at 24 kHz
   * @param {boolean} loop otherwise it ends by itself after one
   */
  constructor(samples = ringSamples, loop = true) {
    this.#samples = samples;
    this.#loop = loop;
  }

  get isRinging() {
    return this.#source !== null;
  }

  /** Whether it should be heard now and is not: the browser forbids sound. */
  get isBlocked() {
    return this.#context !== null && this.#settled && this.#context.state !== "running";
  }

  /** @param {string} id "" is the system's default; a device that is gone is left out */
  async useSpeaker(id) {
    this.#speakerId = id;
    await this.#output?.use(id).catch(() => {});
  }

  /**
   * Rings until `stop`. Without a gesture or a running microphone the browser keeps it
   * silent; it begins to be heard at the next click or key.
   *
   * @returns {Promise<boolean>} whether it can be heard now
   */
  async start() {
    if (this.#source !== null) return this.#isHeard();
    const context = new AudioContext();
    const source = context.createBufferSource();
    const samples = this.#samples();
    source.buffer = context.createBuffer(1, samples.length, RATE);
    source.buffer.copyToChannel(samples, 0);
    source.loop = this.#loop;
    source.onended = () => {
      if (this.#source === source) this.stop();
    };
    this.#context = context;
    this.#settled = false;
    this.#source = source;
    this.#output = new SpeakerOutput(context, source);
    await this.useSpeaker(this.#speakerId);
    if (this.#source !== source) return false;
    source.start();
    for (const gesture of GESTURES) window.addEventListener(gesture, this.#resume);
    return this.#isHeard();
  }

  stop() {
    for (const gesture of GESTURES) window.removeEventListener(gesture, this.#resume);
    this.#output?.close();
    this.#context?.close().catch(() => {});
    this.#output = this.#context = this.#source = null;
  }

  async #isHeard() {
    const context = this.#context;
    if (context === null) return false;
    const settled = new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    // resume() stays pending for as long as the browser forbids sound.
    await Promise.race([context.resume().catch(() => {}), settled]);
    this.#settled = context === this.#context;
    return context.state === "running";
  }
}
