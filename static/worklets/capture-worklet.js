/**
 * Cuts the microphone into frames of 20 ms and hands each to the audio worker.
 * In: { port } the way to the worker, { stop }. Out, on that port: { frame, time }.
 */
const FRAME_SAMPLES = 960;

class CaptureProcessor extends AudioWorkletProcessor {
  #frame = new Float32Array(FRAME_SAMPLES);
  #filled = 0;
  #message = { frame: this.#frame, time: 0 };
  #worker = /** @type {MessagePort | null} */ (null);
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.port) this.#worker = data.port;
      if (data.stop) this.#stopped = true;
    };
  }

  /**
   * @param {Float32Array[][]} inputs no channel at all while no microphone is connected
   * @returns {boolean} whether to go on
   */
  process(inputs) {
    const channels = inputs[0];
    const length = channels.length > 0 ? channels[0].length : 128;
    for (let i = 0; i < length; i += 1)
      this.#put(channels.length > 0 ? channels[0][i] : 0);
    return !this.#stopped;
  }

  /** @param {number} sample */
  #put(sample) {
    this.#frame[this.#filled] = sample;
    this.#filled += 1;
    if (this.#filled < FRAME_SAMPLES) return;
    this.#filled = 0;
    this.#message.time = Date.now();
    // Copied, not transferred: one buffer serves for ever and nothing is allocated here.
    this.#worker?.postMessage(this.#message);
  }
}

registerProcessor("capture", CaptureProcessor);
