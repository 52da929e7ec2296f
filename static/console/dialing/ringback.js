/** Lets the agent hear that the other phone rings, until there is something to hear. */

import { audioCall } from "../state/selectors.js";
import { isDialing } from "../state/snapshot.js";

/** @import {Tone} from "../audio-devices/test-ring.js" */
/** @import {State} from "../state/state.js" */

/** Root mean square of a quiet voice; what is below is the silence of a line. */
const HEARD = 0.004;

export class Ringback {
  #tone;
  #isOn = false;
  /** @type {string | null} id of the call whose own audio has been heard */
  #heard = null;
  /** @type {string | null} */
  #call = null;

  /** @param {Tone} tone */
  constructor(tone) {
    this.#tone = tone;
  }

  /**
   * @param {State} state
   * @param {string} speakerId
   */
  follow(state, speakerId) {
    const call = audioCall(state);
    this.#call = call?.id ?? null;
    const rings = call !== null && isDialing(call) && call.progress === "ringing";
    this.#turn(rings && this.#heard !== this.#call, speakerId);
  }

  /** @param {number} level of what comes from the other side, root mean square */
  hears(level) {
    if (level > HEARD) {
      this.#heard = this.#call;
      this.#turn(false, "");
    }
  }

  /** @param {string} id the agent chose another speaker */
  useSpeaker(id) {
    this.#tone.useSpeaker(id);
  }

  /**
   * @param {boolean} due
   * @param {string} speakerId
   */
  #turn(due, speakerId) {
    if (due === this.#isOn) {
      return;
    }
    this.#isOn = due;
    if (due) {
      this.#tone.useSpeaker(speakerId);
      this.#tone.start();
    } else {
      this.#tone.stop();
    }
  }
}
