/**
 * Gives the speaker what the audio worker decoded.
 * In: { port } the way to the worker, { stop }. On that port, in: { samples },
 * { target }, { talkSpurt }, { restart }; out: a report ten times a second.
 */
import { Playout } from "../audio/playout.js";

const REPORT_SAMPLES = 4800;

class PlayoutProcessor extends AudioWorkletProcessor {
  #playout = new Playout();
  #worker = /** @type {MessagePort | null} */ (null);
  #untilReport = REPORT_SAMPLES;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.port) this.#listen(data.port);
      if (data.stop) this.#stopped = true;
    };
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @returns {boolean} whether to go on
   */
  process(_inputs, outputs) {
    const output = outputs[0][0];
    this.#playout.pull(output);
    this.#untilReport -= output.length;
    if (this.#untilReport <= 0) {
      this.#untilReport += REPORT_SAMPLES;
      this.#worker?.postMessage(this.#playout.report());
    }
    return !this.#stopped;
  }

  /** @param {MessagePort} port */
  #listen(port) {
    this.#worker = port;
    port.onmessage = ({ data }) => {
      if (data.samples) this.#playout.push(data.samples);
      else if (data.target) this.#playout.setTarget(data.target);
      else if (data.talkSpurt) this.#playout.talkSpurt();
      else if (data.restart) this.#playout.restart();
    };
  }
}

registerProcessor("playout", PlayoutProcessor);
