/** Sound as 16 bit integers and as floats: the fallback where WebCodecs is missing. */

/**
 * @param {Float32Array} samples -1..1, louder is clipped
 * @returns {Uint8Array<ArrayBuffer>} signed 16 bit little endian
 */
export function encodePcm(samples) {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < samples.length; i += 1) {
    const clipped = Math.max(-1, Math.min(1, samples[i]));
    view.setInt16(i * 2, Math.round(clipped * 32767), true);
  }
  return bytes;
}

/**
 * @param {Uint8Array} bytes signed 16 bit little endian
 * @returns {Float32Array<ArrayBuffer>}
 */
export function decodePcm(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = view.getInt16(i * 2, true) / 32768;
  }
  return samples;
}

const REPEAT_GAIN = 0.6;

/** The decoder of the fallback: a lost frame is the last one again, ever softer. */
export class PcmDecoder {
  #onSamples;
  #previous = new Float32Array(0);

  /** @param {(samples: Float32Array<ArrayBuffer>) => void} onSamples 48 kHz mono */
  constructor(onSamples) {
    this.#onSamples = onSamples;
  }

  /** @param {Uint8Array} payload */
  decode(payload) {
    this.#previous = decodePcm(payload);
    this.#onSamples(this.#previous.slice());
  }

  /** @param {number} missing frames */
  conceal(missing) {
    for (let i = 0; i < missing; i += 1) {
      this.#previous = this.#previous.map((sample) => sample * REPEAT_GAIN);
      this.#onSamples(this.#previous.slice());
    }
  }

  close() {
    this.#previous = new Float32Array(0);
  }
}
