/**
 * One short ring where calls ring, for an agent who wants to know how it sounds.
 *
 * @typedef {object} Tone something that is heard until it is stopped
 * @property {(id: string) => unknown} useSpeaker
 * @property {() => unknown} start
 * @property {() => unknown} stop
 */

/** @import {Devices} from "../../audio/devices.js" */
/** @import {Ringer} from "../../audio/ringer.js" */

export class TestRing {
  #ringer;
  #devices;

  /**
   * @param {Ringer} ringer heard once
   * @param {Devices} devices
   */
  constructor(ringer, devices) {
    this.#ringer = ringer;
    this.#devices = devices;
  }

  /** Ring once; a second press ends it. */
  async press() {
    if (this.#ringer.isRinging) {
      this.#ringer.stop();
      return;
    }
    await this.#ringer.useSpeaker(this.#devices.ringerId);
    await this.#ringer.start();
  }
}
