/**
 * Keeps a microphone open while devices come and go, and says which one is in use now.
 * All that it needs of the browser is given to it.
 */

import { stopStream } from "./microphone.js";

/** @import {AudioError} from "./microphone.js" */
/**
 * @typedef {object} DeviceNews what happened to a device, for the agent to read
 * @property {"microphone-switched" | "microphone-back" | "microphone-none"
 *   | "microphone-found" | "speaker-switched" | "speaker-back" | "speaker-none"
 *   | "speaker-found"} code
 * @property {string} label the device that is used now
 * @property {string} lost the one that is gone
 *
 * @typedef {object} MicrophoneParts
 * @property {(id: string) => Promise<MediaStream>} open the default one, when the wanted
 *   one has gone
 * @property {() => Promise<MediaDeviceInfo[]>} list
 * @property {(stream: MediaStream) => void} attach takes the place of the one before
 * @property {(news: DeviceNews) => void} tell
 * @property {(error: AudioError) => void} fail
 */

export class MicrophoneKeeper {
  #parts;
  #stream = /** @type {MediaStream | null} */ (null);
  #id = "";
  /** Known once it was open: a device that comes back may have a new id. */
  #label = "";
  #isAway = false;
  #isOn = true;
  #work = Promise.resolve();

  /**
   * @param {MicrophoneParts} parts
   * @param {MediaStream} stream that was opened for the wish
   * @param {string} id that the agent wishes for, "" for the default one
   */
  constructor(parts, stream, id) {
    this.#parts = parts;
    this.#id = id;
    this.#take(stream);
    this.#label = idOf(stream) === id ? labelOf(stream) : "";
  }

  get stream() {
    return this.#stream;
  }

  /**
   * Another wish of the agent's.
   *
   * @param {string} id
   * @throws {AudioError} the old one goes on
   */
  async use(id) {
    this.#id = id;
    this.#label = "";
    const stream = await this.#parts.open(id);
    if (!this.#isOn || this.#id !== id) {
      stopStream(stream);
      return;
    }
    this.#take(stream);
    this.#label = idOf(stream) === id ? labelOf(stream) : "";
    if (this.#isAway) this.#tell("microphone-found", labelOf(stream), "");
    this.#isAway = false;
  }

  /**
   * The list of devices changed, or the one in use fell silent for good.
   *
   * @returns {Promise<void>} when that has been seen to
   */
  follow() {
    this.#work = this.#work.then(() => this.#follow());
    return this.#work;
  }

  close() {
    this.#isOn = false;
    stopStream(this.#stream);
    this.#stream = null;
  }

  async #follow() {
    const track = this.#stream?.getAudioTracks()[0];
    if (!this.#isOn || track === undefined) return;
    const wanted = await this.#wanted();
    const isBack = wanted !== null && idOf(this.#stream) !== wanted.deviceId;
    if (track.readyState === "ended" || isBack) await this.#reopen(wanted);
  }

  /** @returns {Promise<MediaDeviceInfo | null>} the wished one, while it is there */
  async #wanted() {
    if (this.#id === "") return null;
    const devices = await this.#parts.list();
    const inputs = devices.filter(({ kind }) => kind === "audioinput");
    const byLabel = (/** @type {MediaDeviceInfo} */ { label }) =>
      this.#label !== "" && label === this.#label;
    return (
      inputs.find(({ deviceId }) => deviceId === this.#id) ??
      inputs.find(byLabel) ??
      null
    );
  }

  /** @param {MediaDeviceInfo | null} wanted */
  async #reopen(wanted) {
    const before = { id: idOf(this.#stream), label: labelOf(this.#stream) };
    const id = this.#id;
    try {
      const stream = await this.#parts.open(wanted?.deviceId ?? id);
      if (!this.#isOn || this.#id !== id) stopStream(stream);
      else this.#reopened(stream, before, wanted);
    } catch (error) {
      this.#failed(/** @type {AudioError} */ (error), before.label);
    }
  }

  /**
   * @param {MediaStream} stream
   * @param {{id: string, label: string}} before
   * @param {MediaDeviceInfo | null} wanted
   */
  #reopened(stream, before, wanted) {
    const label = labelOf(stream);
    const wasAway = this.#isAway;
    this.#isAway = false;
    this.#take(stream);
    const isWanted = wanted !== null && idOf(stream) === wanted.deviceId;
    if (isWanted) this.#id = wanted.deviceId;
    if (wasAway) this.#tell("microphone-found", label, "");
    else if (idOf(stream) === before.id && label === before.label) return;
    else if (isWanted) this.#tell("microphone-back", label, "");
    else this.#tell("microphone-switched", label, before.label);
  }

  /** @param {AudioError} error @param {string} lost told once, however often it fails */
  #failed(error, lost) {
    if (this.#isAway || !this.#isOn) return;
    this.#isAway = true;
    if (error.code === "microphone-missing") this.#tell("microphone-none", "", lost);
    else this.#parts.fail(error);
  }

  /** @param {MediaStream} stream */
  #take(stream) {
    this.#parts.attach(stream);
    stopStream(this.#stream);
    this.#stream = stream;
    stream.getAudioTracks()[0].addEventListener("ended", () => {
      if (stream === this.#stream) this.follow();
    });
  }

  /** @param {DeviceNews["code"]} code @param {string} label @param {string} lost */
  #tell(code, label, lost) {
    this.#parts.tell({ code, label, lost });
  }
}

/** @param {MediaStream | null} stream */
function labelOf(stream) {
  return stream?.getAudioTracks()[0]?.label ?? "";
}

/** @param {MediaStream | null} stream */
function idOf(stream) {
  return stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
}
