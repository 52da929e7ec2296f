/**
 * All that is heard of a call: each voice that the node sends apart is a stream, with an
 * order, decoders and a player of its own. The first one is always there.
 */
import { Downlink } from "./downlink.js";
import { streamOf } from "./wire.js";

/** @import {Decoder, Player} from "./downlink.js" */
/** @import {Playable} from "./jitter-buffer.js" */
/** @import {PlayoutReport} from "./playout.js" */
/** @typedef {(samples: Float32Array<ArrayBuffer>) => void} Play */

export class Incoming {
  #player;
  #createDecoder;
  #heard;
  #streams = /** @type {Map<number, Downlink>} */ (new Map());
  #decoders = /** @type {Map<string, Decoder>} */ (new Map());

  /**
   * @param {Player} player the way to the playout worklet
   * @param {(kind: number, play: Play) => Decoder | null} createDecoder null: this kind
   *   cannot be decoded
   * @param {(playable: Playable) => void} [heard] told all that is decoded of the first
   *   stream, in order
   */
  constructor(player, createDecoder, heard) {
    this.#heard = heard;
    this.#player = player;
    this.#createDecoder = createDecoder;
    this.#first();
  }

  /** Another call. */
  restart() {
    for (const downlink of this.#streams.values()) downlink.restart();
  }

  /** The same call on a new connection. */
  beginStream() {
    for (const downlink of this.#streams.values()) downlink.beginStream();
  }

  /** @param {ArrayBuffer} message @param {number} now */
  receive(message, now) {
    this.#stream(streamOf(message)).receive(message, now);
  }

  /** @param {number} now gives up on packets that were waited for */
  tick(now) {
    for (const downlink of this.#streams.values()) downlink.tick(now);
  }

  /** @param {PlayoutReport & {stream?: number}} report */
  played({ stream = 0, ...report }) {
    this.#streams.get(stream)?.played(report);
  }

  /** Loudness of the loudest voice, 0..1. */
  get loudness() {
    return Math.max(...this.#all((downlink) => downlink.loudness));
  }

  get holding() {
    return this.#all((downlink) => downlink.holding).includes(true);
  }

  /** What a quality report says about hearing: of the first stream. */
  report() {
    return this.#first().report();
  }

  closeDecoders() {
    for (const decoder of this.#decoders.values()) decoder.close();
  }

  #first() {
    return this.#stream(0);
  }

  /**
   * @template T
   * @param {(downlink: Downlink) => T} of
   */
  #all(of) {
    return [...this.#streams.values()].map(of);
  }

  /** @param {number} number */
  #stream(number) {
    const known = this.#streams.get(number);
    if (known) return known;
    const downlink = new Downlink(
      this.#playerOf(number),
      (kind) => this.#decoderFor(number, kind),
      number === 0 ? this.#heard : undefined,
    );
    this.#streams.set(number, downlink);
    return downlink;
  }

  /** @param {number} stream @returns {Player} */
  #playerOf(stream) {
    const player = this.#player;
    if (stream === 0) return player;
    return {
      postMessage: (message, options) =>
        player.postMessage({ ...message, stream }, options),
    };
  }

  /** @param {number} stream @param {number} kind */
  #decoderFor(stream, kind) {
    const name = `${stream} ${kind}`;
    const known = this.#decoders.get(name);
    if (known) return known;
    const decoder = this.#createDecoder(kind, (samples) =>
      this.#stream(stream).play(samples),
    );
    if (decoder !== null) this.#decoders.set(name, decoder);
    return decoder;
  }
}
