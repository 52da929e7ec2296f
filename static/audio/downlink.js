/** From the node to the speaker: order, losses, decoding and flow to the player. */
import { JitterBuffer } from "./jitter-buffer.js";
import { FrameError, parseFrame } from "./wire.js";

/** @import {Playable} from "./jitter-buffer.js" */
/** @import {PlayoutReport} from "./playout.js" */
/**
 * @typedef {object} Decoder
 * @property {(payload: Uint8Array) => void} decode
 * @property {(missing: number) => void} conceal
 * @property {() => void} close
 */
/**
 * @typedef {object} Player
 * @property {(message: object, options?: StructuredSerializeOptions) => void} postMessage
 */

const TARGET_STEP_MS = 10;
/** Two seconds: a player that takes nothing for so long stands still. */
const UNTAKEN_MAX = 100;

export class Downlink {
  #jitter = new JitterBuffer();
  #player;
  #decoderFor;
  #heard;
  #target = 0;
  #posted = 0;
  #untakenDropped = 0;
  #bad = 0;
  #before = { received: 0, lost: 0, late: 0 };
  #playout = /** @type {PlayoutReport | null} */ (null);
  #lastKind = 0;

  /**
   * @param {Player} player the way to the playout worklet
   * @param {(kind: number) => Decoder | null} decoderFor null: this kind cannot be decoded
   * @param {(playable: Playable) => void} [heard] told all that is decoded, in order
   */
  constructor(player, decoderFor, heard = () => {}) {
    this.#heard = heard;
    this.#player = player;
    this.#decoderFor = decoderFor;
  }

  /** Another call: empty player, counters at zero. */
  restart() {
    this.beginStream();
    this.#before = {
      received: this.#jitter.received,
      lost: this.#jitter.lost,
      late: this.#jitter.late,
    };
    this.#untakenDropped = this.#bad = 0;
    this.#player.postMessage({ restart: true });
  }

  /** The same call on a new connection: the order begins anew. */
  beginStream() {
    this.#jitter.restart();
    this.#lastKind = 0;
  }

  /** @param {ArrayBuffer} message @param {number} now */
  receive(message, now) {
    try {
      const frame = parseFrame(message);
      this.#decodeAll(this.#jitter.push(frame, now));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#bad += 1;
    }
    this.#steer();
  }

  /** @param {number} now gives up on packets that were waited for */
  tick(now) {
    this.#decodeAll(this.#jitter.expire(now));
  }

  /** @param {Float32Array<ArrayBuffer>} samples what a decoder made */
  play(samples) {
    if (this.#untaken() > UNTAKEN_MAX) {
      this.#untakenDropped += 1;
      return;
    }
    this.#posted += 1;
    this.#player.postMessage({ samples }, { transfer: [samples.buffer] });
  }

  /** @param {PlayoutReport} report */
  played(report) {
    this.#playout = report;
  }

  /** @returns {number} loudness of what is heard, 0..1 */
  get loudness() {
    return this.#playout?.rms ?? 0;
  }

  /** Whether a packet is held back, so that `tick` should be called soon. */
  get holding() {
    return this.#jitter.holding;
  }

  /** What a quality report says about hearing. */
  report() {
    const { bufferMs = 0, underruns = 0, concealedMs = 0 } = this.#playout ?? {};
    const { acceleratedMs = 0, expandedMs = 0, droppedMs = 0 } = this.#playout ?? {};
    return {
      pushes: this.#playout?.pushes ?? 0,
      bufferMs,
      targetMs: this.#jitter.targetMs,
      underruns,
      concealedMs,
      acceleratedMs,
      expandedMs,
      droppedMs: droppedMs + this.#untakenDropped * 20,
      received: this.#jitter.received - this.#before.received,
      lost: this.#jitter.lost - this.#before.lost,
      late: this.#jitter.late - this.#before.late,
      bad: this.#bad,
    };
  }

  #untaken() {
    return this.#posted - (this.#playout?.pushes ?? 0);
  }

  /** @param {Playable[]} playables */
  #decodeAll(playables) {
    for (const playable of playables) this.#decode(playable);
  }

  /** @param {Playable} playable */
  #decode(playable) {
    const { frame, missing, talkSpurt } = playable;
    const decoder = this.#decoderFor(frame.kind);
    if (decoder === null) {
      this.#bad += 1;
      return;
    }
    if (talkSpurt) this.#player.postMessage({ talkSpurt: true });
    if (missing > 0 && frame.kind === this.#lastKind) decoder.conceal(missing);
    decoder.decode(frame.payload);
    this.#heard(playable);
    this.#lastKind = frame.kind;
  }

  #steer() {
    const target = this.#jitter.targetMs;
    if (Math.abs(target - this.#target) < TARGET_STEP_MS) return;
    this.#target = target;
    this.#player.postMessage({ target });
  }
}
