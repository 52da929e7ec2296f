/**
 * What the caller said last, to be heard once more. It stays in the memory of the audio
 * worker, as the packets came: 20 s of Opus are some 80 KB, decoded they would be 3.8 MB.
 */
import { CONCEAL_MAX } from "./jitter-buffer.js";
import { SAMPLE_RATE } from "./wire.js";

/** @import {Decoder} from "./downlink.js" */
/** @import {Playable} from "./jitter-buffer.js" */
/**
 * @typedef {"on" | "paused" | "off"} Keeping
 *   on: all that comes is kept; paused: what is kept stays; off: nothing is kept
 * @typedef {{kind: number, payload: Uint8Array, missing: number, samples: number}} Kept
 * @typedef {Decoder & {waiting?: number, flush?: () => Promise<void>}} ReplayDecoder
 */

export const REWIND_MS = 20_000;
const SAMPLES_MAX = (REWIND_MS * SAMPLE_RATE) / 1000;
/** 20 s of the fallback's PCM; Opus needs so much only from a sender with ill intent. */
export const KEPT_BYTES_MAX = 2_000_000;
/** Packets handed to the decoder at once: the call's own must not wait behind them. */
const BATCH = 40;

export class RewindBuffer {
  #keeping = /** @type {Keeping} */ ("off");
  #kept = /** @type {Kept[]} */ ([]);
  #samples = 0;
  #bytes = 0;

  /** How much is kept, in milliseconds. */
  get ms() {
    return (this.#samples * 1000) / SAMPLE_RATE;
  }

  get bytes() {
    return this.#bytes;
  }

  /** @param {Keeping} keeping */
  set keeping(keeping) {
    this.#keeping = keeping;
    if (keeping === "off") this.clear();
  }

  clear() {
    this.#kept = [];
    this.#samples = this.#bytes = 0;
  }

  /** @param {Playable} playable in the order in which it is decoded */
  hear({ frame: { kind, payload }, samples, missing }) {
    if (this.#keeping !== "on" || samples === 0) return;
    const lost = Math.min(missing, CONCEAL_MAX);
    this.#add({ kind, payload, missing: lost, samples: samples * (lost + 1) });
    while (this.#samples > SAMPLES_MAX || this.#bytes > KEPT_BYTES_MAX) this.#drop();
  }

  /** @returns {Kept[]} oldest first; all of it stays kept */
  all() {
    return [...this.#kept];
  }

  /** @param {Kept} kept */
  #add(kept) {
    this.#kept.push(kept);
    this.#samples += kept.samples;
    this.#bytes += kept.payload.byteLength;
  }

  #drop() {
    const oldest = /** @type {Kept} */ (this.#kept.shift());
    this.#samples -= oldest.samples;
    this.#bytes -= oldest.payload.byteLength;
  }
}

/**
 * Decode what was kept, by decoders of its own: the call's go on meanwhile.
 *
 * @param {Kept[]} kept
 * @param {(kind: number, onSamples: (samples: Float32Array<ArrayBuffer>) => void) =>
 *   ReplayDecoder} decoderFor
 * @param {() => boolean} isWanted false ends it early
 * @returns {Promise<Float32Array<ArrayBuffer>>} 48 kHz mono
 */
export async function decodeKept(kept, decoderFor, isWanted = () => true) {
  const length = kept.reduce((sum, { samples }) => sum + samples, 0);
  const sound = new Float32Array(length);
  let filled = 0;
  /** @param {Float32Array<ArrayBuffer>} samples */
  const take = (samples) => {
    const fits = samples.subarray(0, length - filled);
    sound.set(fits, filled);
    filled += fits.length;
  };
  for (const run of runsOf(kept)) {
    const decoder = decoderFor(run[0].kind, take);
    try {
      await decodeRun(run, decoder, isWanted);
    } finally {
      decoder.close();
    }
  }
  return sound.subarray(0, filled);
}

/**
 * Packets of one kind in a row: after a fallback from Opus to PCM there are two.
 *
 * @param {Kept[]} kept
 */
function runsOf(kept) {
  const runs = /** @type {Kept[][]} */ ([]);
  for (const one of kept) {
    if (runs.at(-1)?.[0].kind === one.kind) runs.at(-1)?.push(one);
    else runs.push([one]);
  }
  return runs;
}

/**
 * @param {Kept[]} run
 * @param {ReplayDecoder} decoder
 * @param {() => boolean} isWanted
 */
async function decodeRun(run, decoder, isWanted) {
  for (const { payload, missing } of run) {
    while ((decoder.waiting ?? 0) >= BATCH) await nextTurn();
    if (!isWanted()) return;
    if (missing > 0) decoder.conceal(missing);
    decoder.decode(payload);
  }
  await decoder.flush?.();
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0));
