/**
 * Gives the speaker what the audio worker decoded.
 * In: { port } the way to the worker, { stop }. On that port, in: { samples },
 * { target }, { talkSpurt }, { restart }, each of a { stream } if that is not the
 * first; out: a report on each stream ten times a second.
 */
import { Playout } from "../audio/playout.js";

const REPORT_SAMPLES = 4800;

class PlayoutProcessor extends AudioWorkletProcessor {
  #streams = new Map([[0, new Playout()]]);
  #voice = new Float32Array(128);
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
    this.#pull(output);
    this.#untilReport -= output.length;
    if (this.#untilReport <= 0) {
      this.#untilReport += REPORT_SAMPLES;
      for (const [stream, playout] of this.#streams) {
        this.#worker?.postMessage({ ...playout.report(), stream });
      }
    }
    return !this.#stopped;
  }

  /** @param {Float32Array} output all voices together */
  #pull(output) {
    if (this.#voice.length !== output.length) {
      this.#voice = new Float32Array(output.length);
    }
    for (const [stream, playout] of this.#streams) {
      playout.pull(stream === 0 ? output : this.#voice);
      if (stream === 0) continue;
      for (let i = 0; i < output.length; i += 1) output[i] += this.#voice[i];
    }
  }

  /** @param {number} number */
  #stream(number) {
    const known = this.#streams.get(number);
    if (known) return known;
    const playout = new Playout();
    this.#streams.set(number, playout);
    return playout;
  }

  /** @param {MessagePort} port */
  #listen(port) {
    this.#worker = port;
    port.onmessage = ({ data }) => {
      const playout = this.#stream(data.stream ?? 0);
      if (data.samples) playout.push(data.samples);
      else if (data.target) playout.setTarget(data.target);
      else if (data.talkSpurt) playout.talkSpurt();
      else if (data.restart) playout.restart();
    };
  }
}

registerProcessor("playout", PlayoutProcessor);
