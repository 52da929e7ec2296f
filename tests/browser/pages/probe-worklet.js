/** Says when a tone sets in after a pause. Out: { onset } milliseconds of the wall clock. */
const LOUD = 0.01;
const PAUSE_SAMPLES = 9600;

class ProbeProcessor extends AudioWorkletProcessor {
  #quiet = 0;

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const samples = inputs[0][0];
    if (samples === undefined) return true;
    if (samples.some((sample) => Math.abs(sample) > LOUD)) {
      if (this.#quiet > PAUSE_SAMPLES) this.port.postMessage({ onset: Date.now() });
      this.#quiet = 0;
    } else this.#quiet += samples.length;
    return true;
  }
}

registerProcessor("probe", ProbeProcessor);
