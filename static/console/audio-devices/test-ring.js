/**
 * One short ring where calls ring, for an agent who wants to know how it sounds.
 *
 * @typedef {object} Tone something that is heard until it is stopped
 * @property {(id: string) => unknown} useSpeaker
 * @property {() => unknown} start
 * @property {() => unknown} stop
 */

/** @import {Ringer} from "../../audio/ringer.js" */

export class TestRing {
  #ringer;
  #speaker;

  /**
   * @param {Ringer} ringer heard once
   * @param {() => string} speaker the id of the one to ring at
   */
  constructor(ringer, speaker) {
    this.#ringer = ringer;
    this.#speaker = speaker;
  }

  stop() {
    this.#ringer.stop();
  }

  /** Ring once; a second press ends it. */
  async press() {
    if (this.#ringer.isRinging) {
      this.#ringer.stop();
      return;
    }
    await this.#ringer.useSpeaker(this.#speaker());
    await this.#ringer.start();
  }
}
