/**
 * What an agent has at hand besides the call itself: hold and transfer, who is calling,
 * the check of the sound, and word of devices that come and go.
 */

import { SoundChecker } from "./audio-devices/audio-check.js";
import { deviceWords } from "./audio-devices/device-notices.js";
import { HoldReminder } from "./call/hold-reminder.js";
import { TransferVerbs } from "./call/transfer.js";
import { TransferDialog } from "./call/transfer-dialog.js";
import { CardVerbs } from "./caller-card/commands.js";

/** @import {DeviceNews} from "../audio/microphone-keeper.js" */
/** @import {Parts} from "./console.js" */
/** @import {Sound} from "./audio-devices/audio-session.js" */
/** @import {State, Store} from "./state/store.js" */

export class Desk {
  #parts;
  #store;
  #dialog;
  #reminder;
  #missing = { microphone: "", speaker: "" };

  /**
   * @param {Parts} parts
   * @param {Store} store
   * @param {Sound} sound
   */
  constructor(parts, store, sound) {
    this.#parts = parts;
    this.#store = store;
    this.transfer = new TransferVerbs(store, parts.socket);
    this.card = new CardVerbs(store, parts.socket);
    this.check = new SoundChecker(store, parts.engine, sound);
    this.#dialog = new TransferDialog(parts.transferDialog, this.transfer);
    this.#reminder = new HoldReminder(parts.holdTone);
  }

  /** @param {State} state */
  follow(state) {
    this.check.follow(state);
    this.transfer.follow();
    this.card.follow();
  }

  /**
   * @param {number} monotonic milliseconds
   * @param {number} now milliseconds of the epoch by the server's clock
   */
  tick(monotonic, now) {
    this.transfer.tick(monotonic);
    this.check.tick(monotonic);
    this.#reminder.follow(this.#store.state, now, this.#parts.devices.speakerId);
  }

  /** @param {State} state */
  draw(state) {
    this.#dialog.draw(state);
  }

  /** A second press ends it. */
  async testRing() {
    const { testRing, devices } = this.#parts;
    if (testRing.isRinging) {
      testRing.stop();
      return;
    }
    await testRing.useSpeaker(devices.ringerId);
    await testRing.start();
  }

  /**
   * What is missing stays in sight until it is there again.
   * @param {DeviceNews} news
   */
  device(news) {
    const { text, device, isMissing } = deviceWords(news);
    this.#missing[device] = isMissing ? text : "";
    const { microphone, speaker } = this.#missing;
    const problem = [microphone, speaker].filter(Boolean).join(" ");
    this.#store.dispatch({ type: "soundProblem", text: problem });
    if (!isMissing) {
      this.#store.dispatch({ type: "note", note: { who: "", text, tone: "info" } });
    }
  }
}
