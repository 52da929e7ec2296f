/**
 * The sound in plain words, from what the audio engine reports.
 *
 * @typedef {{grade: "good" | "fair" | "bad" | "none", text: string}} Verdict
 * @typedef {object} Report sums since the sound was connected
 * @property {number} received packets
 * @property {number} concealedMs sound made up for what was missing
 * @property {number} droppedMs sound left out to catch up
 * @property {number} targetMs how long sound waits, to come out evenly
 * @property {boolean} microphoneFlat whether nothing at all came from the microphone
 */

/** @import {AudioState} from "./store.js" */

/** Reports that count; the engine makes one every two seconds. */
const WINDOW = 4;
const REPORT_MS = 2_000;
/** Part of the time that is not the caller's own sound. */
const UNSTEADY = 0.03;
const POOR = 0.12;
const LONG_WAIT_MS = 160;

/** @type {Report} */
const START = {
  received: 0,
  concealedMs: 0,
  droppedMs: 0,
  targetMs: 0,
  microphoneFlat: false,
};

/** @type {Record<string, Verdict>} */
const VERDICTS = {
  none: { grade: "none", text: "" },
  connecting: { grade: "none", text: "Connecting the sound" },
  lost: { grade: "bad", text: "The sound is interrupted. Connecting again" },
  deaf: { grade: "bad", text: "You cannot hear the caller: no sound arrives" },
  unheard: {
    grade: "bad",
    text: "The caller cannot hear you: your microphone is silent",
  },
  poor: { grade: "bad", text: "The sound breaks up: the network is poor" },
  unsteady: { grade: "fair", text: "The network is unsteady" },
  good: { grade: "good", text: "Sound is good" },
};

export class Quality {
  /** @type {Report[]} oldest first, one more than the window: what it began with */
  #reports = [START];

  /** Start anew, for another call. */
  reset() {
    this.#reports = [START];
  }

  /** @param {Report} report */
  add(report) {
    if (report.received < this.#last.received) {
      this.reset();
    }
    this.#reports = [...this.#reports, report].slice(-1 - WINDOW);
  }

  /**
   * @param {AudioState} audio
   * @returns {Verdict}
   */
  verdict(audio) {
    if (audio !== "connected") {
      return VERDICTS[audio] ?? VERDICTS.none;
    }
    if (this.#last === START) {
      return VERDICTS.none;
    }
    const lately = this.#reports.slice(-2);
    if (this.#last.received === lately[0].received) {
      return VERDICTS.deaf;
    }
    return lately.every((report) => report.microphoneFlat)
      ? VERDICTS.unheard
      : this.#steadiness();
  }

  get #last() {
    return this.#reports[this.#reports.length - 1];
  }

  #steadiness() {
    const [first, last] = [this.#reports[0], this.#last];
    const broken =
      last.concealedMs + last.droppedMs - first.concealedMs - first.droppedMs;
    const part = broken / ((this.#reports.length - 1) * REPORT_MS);
    if (part > POOR) {
      return VERDICTS.poor;
    }
    return part > UNSTEADY || last.targetMs > LONG_WAIT_MS
      ? VERDICTS.unsteady
      : VERDICTS.good;
  }
}
