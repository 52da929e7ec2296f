/** Keeps the audio engine at what the state asks for. */

import { t } from "../shell/i18n.js";
import { audioCall } from "../state/selectors.js";

/** @import {Devices, Role} from "../../audio/devices.js" */
/** @import {AudioEngine} from "../../audio/engine.js" */
/** @import {Ringer} from "../../audio/ringer.js" */
/** @import {State} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */

export class AudioSession {
  #engine;
  #ringer;
  #devices;
  #store;
  /** @type {string | null} */
  #address = null;
  /** @type {Promise<boolean> | null} */
  #opening = null;

  /**
   * @param {AudioEngine} engine
   * @param {Ringer} ringer
   * @param {Devices} devices
   * @param {Store} store
   */
  constructor(engine, ringer, devices, store) {
    this.#engine = engine;
    this.#ringer = ringer;
    this.#devices = devices;
    this.#store = store;
    devices.addEventListener("change", () => ringer.useSpeaker(devices.ringerId));
  }

  get isOpening() {
    return this.#opening !== null;
  }

  /**
   * Open microphone and speaker unless they are; why it failed goes to the store.
   * @returns {Promise<boolean>} whether they are open
   */
  open() {
    if (this.#engine.isOpen) {
      return Promise.resolve(true);
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
      this.#store.dispatch({ type: "opened", open: this.#engine.isOpen });
    });
    return this.#opening;
  }

  /** In the handler of a press: what stands still runs again. */
  async restore() {
    const isOpen = await this.open();
    if (isOpen && this.#engine.microphoneState !== "live") {
      await this.use("microphone", this.#devices.microphoneId);
    }
  }

  /** Give everything back: another window has the audio now. */
  async close() {
    this.#address = null;
    await this.#engine.close();
    this.#store.dispatch({ type: "opened", open: this.#engine.isOpen });
  }

  async #open() {
    const { microphoneId, speakerId, ringerId } = this.#devices;
    try {
      await this.#engine.open({ microphoneId, speakerId });
      await this.#ringer.useSpeaker(ringerId);
      await this.#devices.refresh();
      await this.#useRenamed(microphoneId, speakerId);
      this.#store.dispatch({ type: "audioProblem", text: "" });
    } catch (error) {
      this.#store.dispatch({ type: "audioProblem", text: sentenceOf(error) });
    }
    return this.#engine.isOpen;
  }

  /**
   * Use a device that was known by its name only, now that names can be read.
   * @param {string} microphoneId the one that was opened
   * @param {string} speakerId
   */
  async #useRenamed(microphoneId, speakerId) {
    const devices = this.#devices;
    if (devices.microphoneId !== microphoneId && devices.microphoneId !== "") {
      await this.#engine.useMicrophone(devices.microphoneId);
    }
    if (devices.speakerId !== speakerId && devices.speakerId !== "") {
      await this.#engine.useSpeaker(devices.speakerId);
    }
  }

  /**
   * Connect the call whose audio belongs here, or nothing.
   * @param {State} state
   */
  async follow(state) {
    this.#engine.muted = audioCall(state) !== null && state.mute.muted;
    const address = audioCall(state)?.audio_url ?? null;
    if (address === this.#address) {
      return;
    }
    this.#address = address;
    if (address === null) {
      this.#engine.disconnect();
    } else if ((await this.open()) && this.#address === address) {
      this.#engine.connect(address);
    }
  }

  /**
   * Change a device; in a call without a gap.
   * @param {Role} role
   * @param {string} id
   */
  async use(role, id) {
    try {
      await this.#change(role, id);
    } catch (error) {
      const notice = { who: "", text: sentenceOf(error), tone: "problem" };
      this.#store.dispatch({ type: "notice", notice });
    }
  }

  /**
   * Remembered first: what cannot be used now may be there tomorrow.
   * @param {Role} role
   * @param {string} id
   */
  async #change(role, id) {
    if (role === "microphone") {
      this.#devices.rememberMicrophone(id);
      await this.#engine.useMicrophone(id);
    } else if (role === "speaker") {
      this.#devices.rememberSpeaker(id);
      await this.#engine.useSpeaker(id);
    } else {
      this.#devices.rememberRinger(id);
      await this.#ringer.useSpeaker(id);
    }
  }
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (!(error instanceof Error) || !error.message) {
    return t("The microphone could not be opened.");
  }
  return error.cause ? `${t(error.message)} ${error.cause}` : t(error.message);
}
