/** A soft tone now and then, so that a caller on hold is not forgotten. */

import { secondsSince } from "../shell/clock.js";
import { phaseOf } from "../state/participants.js";
import { audioCall } from "../state/selectors.js";

/** @import {Tone} from "../audio-devices/test-ring.js" */
/** @import {State} from "../state/state.js" */

const REMIND_EVERY_SECONDS = 45;

export class HoldReminder {
  #tone;
  /** @type {string | null} since when the call is held that was last looked at */
  #since = null;
  #reminded = 0;

  /** @param {Tone} tone heard once */
  constructor(tone) {
    this.#tone = tone;
  }

  /**
   * Call it about once a second. Who loads the page late is not reminded of what was
   * due before.
   * @param {State} state
   * @param {number} now milliseconds of the epoch by the server's clock
   * @param {string} speakerId
   */
  follow(state, now, speakerId) {
    const call = audioCall(state);
    const isAlone = call !== null && phaseOf(call, state.agent) === "held";
    const since = (isAlone && call.held_since) || null;
    const due = Math.floor(secondsSince(since, now) / REMIND_EVERY_SECONDS);
    if (since !== null && since === this.#since && due > this.#reminded) {
      this.#tone.useSpeaker(speakerId);
      this.#tone.start();
    }
    this.#since = since;
    this.#reminded = due;
  }
}
