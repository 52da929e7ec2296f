/**
 * Opus by WebCodecs. Both classes outlive their codec: one that failed is replaced at
 * the next packet, because WebCodecs closes it for good.
 */
import {
  lostFramePacket,
  OPUS_SILENCE,
  opusFrameSamples,
  opusPacketSamples,
} from "./opus.js";
import { SAMPLE_RATE } from "./wire.js";

/** @typedef {(error: unknown) => void} OnError */

const FORMAT = { codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 1 };
const FRAME_MICROSECONDS = 20_000;
const ENCODE_QUEUE_MAX = 10;
const DECODE_QUEUE_MAX = 50;

/**
 * At 24 kbit/s the repair data would push Opus down to wideband; 32 keeps the full band.
 * DTX stays off: Chromium does not count the time of frames it leaves out.
 *
 * @type {AudioEncoderConfig}
 */
const ENCODER_CONFIG = {
  ...FORMAT,
  bitrate: 32_000,
  bitrateMode: "variable",
  opus: /** @type {OpusEncoderConfig} */ ({
    format: "opus",
    application: "voip",
    signal: "voice",
    frameDuration: FRAME_MICROSECONDS,
    complexity: 5,
    packetlossperc: 15,
    useinbandfec: true,
    usedtx: false,
  }),
};

/** @returns {Promise<boolean>} whether this browser encodes and decodes Opus itself */
export async function supportsOpus() {
  if (typeof AudioEncoder === "undefined" || typeof AudioDecoder === "undefined") {
    return false;
  }
  try {
    const [encoder, decoder] = await Promise.all([
      AudioEncoder.isConfigSupported(ENCODER_CONFIG),
      AudioDecoder.isConfigSupported(FORMAT),
    ]);
    return encoder.supported === true && decoder.supported === true;
  } catch {
    return false;
  }
}

/** @returns {Promise<boolean>} whether the decoder conceals a lost frame when asked */
export async function concealsLosses() {
  let outputs = 0;
  const decoder = new AudioDecoder({
    output: (data) => {
      outputs += 1;
      data.close();
    },
    error: () => {},
  });
  try {
    decoder.configure(FORMAT);
    decoder.decode(chunkOf(OPUS_SILENCE));
    decoder.decode(chunkOf(lostFramePacket(OPUS_SILENCE)));
    await decoder.flush();
  } catch {
    return false;
  }
  decoder.close();
  return outputs === 2;
}

/** @param {Uint8Array} packet every Opus packet may stand at the start, so all are key */
function chunkOf(packet) {
  return new EncodedAudioChunk({ type: "key", timestamp: 0, data: packet });
}

export class OpusEncoder {
  #onPacket;
  #onError;
  #encoder = /** @type {AudioEncoder | null} */ (null);
  #timestamp = 0;

  /**
   * @param {(packet: Uint8Array) => void} onPacket
   * @param {OnError} onError
   */
  constructor(onPacket, onError) {
    this.#onPacket = onPacket;
    this.#onError = onError;
  }

  /**
   * @param {Float32Array<ArrayBuffer>} samples 960 at 48 kHz, mono
   * @returns {boolean} false when the encoder is too far behind to take it
   */
  encode(samples) {
    const encoder = this.#ready();
    if (encoder.encodeQueueSize > ENCODE_QUEUE_MAX) return false;
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: SAMPLE_RATE,
      numberOfChannels: 1,
      numberOfFrames: samples.length,
      timestamp: this.#timestamp,
      data: samples,
    });
    this.#timestamp += FRAME_MICROSECONDS;
    encoder.encode(data);
    data.close();
    return true;
  }

  close() {
    if (this.#encoder?.state === "configured") this.#encoder.close();
    this.#encoder = null;
  }

  #ready() {
    if (this.#encoder?.state === "configured") return this.#encoder;
    const encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        this.#onPacket(packet);
      },
      error: this.#onError,
    });
    encoder.configure(ENCODER_CONFIG);
    this.#encoder = encoder;
    return encoder;
  }
}

export class OpusDecoder {
  dropped = 0;
  #onSamples;
  #onError;
  #conceals;
  #decoder = /** @type {AudioDecoder | null} */ (null);
  #previous = /** @type {Uint8Array} */ (OPUS_SILENCE);

  /**
   * @param {(samples: Float32Array<ArrayBuffer>) => void} onSamples 48 kHz mono, in order
   * @param {OnError} onError
   * @param {boolean} conceals what `concealsLosses` said
   */
  constructor(onSamples, onError, conceals) {
    this.#onSamples = onSamples;
    this.#onError = onError;
    this.#conceals = conceals;
  }

  /** @param {Uint8Array} packet one that contradicts itself counts as lost */
  decode(packet) {
    if (opusPacketSamples(packet) === 0) {
      this.conceal(1);
      return;
    }
    this.#previous = packet;
    this.#decode(packet);
  }

  /** @param {number} missing packets as long as the previous one */
  conceal(missing) {
    const previous = this.#previous;
    if (!this.#conceals) {
      for (let i = 0; i < missing; i += 1) this.#decode(previous);
      return;
    }
    const frames = opusPacketSamples(previous) / opusFrameSamples(previous[0]);
    const lost = lostFramePacket(previous);
    for (let i = 0; i < missing * frames; i += 1) this.#decode(lost);
  }

  /** How many packets wait for the decoder. */
  get waiting() {
    return this.#decoder?.decodeQueueSize ?? 0;
  }

  /** Resolves when all that was given has come out; a failure goes to `onError`. */
  async flush() {
    if (this.#decoder?.state !== "configured") return;
    await this.#decoder.flush().catch(() => {});
  }

  close() {
    if (this.#decoder?.state === "configured") this.#decoder.close();
    this.#decoder = null;
    this.#previous = OPUS_SILENCE;
  }

  /** @param {Uint8Array} packet */
  #decode(packet) {
    const decoder = this.#ready();
    if (decoder.decodeQueueSize > DECODE_QUEUE_MAX) this.dropped += 1;
    else decoder.decode(chunkOf(packet));
  }

  #ready() {
    if (this.#decoder?.state === "configured") return this.#decoder;
    const decoder = new AudioDecoder({
      output: (data) => {
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        data.close();
        this.#onSamples(samples);
      },
      error: this.#onError,
    });
    decoder.configure(FORMAT);
    this.#decoder = decoder;
    return decoder;
  }
}
