/**
 * Sends sound to the speaker the agent wishes for while that is there, otherwise to the
 * system's default, and says so.
 */

/** @import {DeviceNews} from "./microphone-keeper.js" */
/** @import {SpeakerOutput} from "./speaker-output.js" */

/** The ID under which Chromium lists the system's own choice. */
const SYSTEM = "default";

export class SpeakerKeeper {
  #output;
  #tell;
  #id = "";
  #label = "";
  #isAway = false;
  #hadSome = false;
  #isDeaf = false;

  /**
   * @param {Pick<SpeakerOutput, "id" | "use">} output
   * @param {(news: DeviceNews) => void} tell
   */
  constructor(output, tell) {
    this.#output = output;
    this.#tell = tell;
  }

  /** @param {string} id the wish to begin with; `follow` says whether it can be had */
  async start(id) {
    this.#id = id;
    await this.#output.use(id).catch(() => {});
  }

  /**
   * @param {string} id "" is the system's default
   * @throws {DOMException} the old one goes on
   */
  async use(id) {
    this.#id = id;
    this.#label = "";
    this.#isAway = false;
    await this.#output.use(id);
  }

  /** @param {MediaDeviceInfo[]} devices as they are now */
  async follow(devices) {
    const speakers = devices.filter(({ kind }) => kind === "audiooutput");
    this.#countSpeakers(speakers);
    if (this.#id === "" || this.#id === SYSTEM || speakers.length === 0) return;
    const wanted = this.#wanted(speakers);
    if (wanted === null) await this.#leave(speakers);
    else await this.#keep(wanted);
  }

  /** @param {MediaDeviceInfo[]} speakers */
  #wanted(speakers) {
    const byLabel = (/** @type {MediaDeviceInfo} */ { label }) =>
      this.#label !== "" && label === this.#label;
    return (
      speakers.find(({ deviceId }) => deviceId === this.#id) ??
      speakers.find(byLabel) ??
      null
    );
  }

  /** @param {MediaDeviceInfo} wanted */
  async #keep(wanted) {
    this.#id = wanted.deviceId;
    this.#label = wanted.label;
    await this.#output.use(wanted.deviceId);
    if (this.#isAway) this.#told("speaker-back", wanted.label, "");
    this.#isAway = false;
  }

  /** @param {MediaDeviceInfo[]} speakers */
  async #leave(speakers) {
    if (this.#isAway) return;
    this.#isAway = true;
    await this.#output.use("");
    const system = speakers.find(({ deviceId }) => deviceId === SYSTEM) ?? speakers[0];
    this.#told("speaker-switched", system.label, this.#label);
  }

  /**
   * A browser that lists no speakers has them all the same.
   *
   * @param {MediaDeviceInfo[]} speakers
   */
  #countSpeakers(speakers) {
    const isDeaf = this.#hadSome && speakers.length === 0;
    this.#hadSome ||= speakers.length > 0;
    if (isDeaf && !this.#isDeaf) this.#told("speaker-none", "", this.#label);
    if (!isDeaf && this.#isDeaf) this.#told("speaker-found", speakers[0].label, "");
    this.#isDeaf = isDeaf;
  }

  /** @param {DeviceNews["code"]} code @param {string} label @param {string} lost */
  #told(code, label, lost) {
    this.#tell({ code, label, lost });
  }
}
