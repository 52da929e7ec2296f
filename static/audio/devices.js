/**
 * Which microphones and speakers there are, and which the agent chose. A choice is kept
 * by id and by label: browsers give a device a new id when their data is cleared.
 *
 * @typedef {"microphone" | "speaker" | "ringer"} DeviceRole
 * @typedef {{id: string, label: string}} Device
 */

const KINDS = {
  microphone: "audioinput",
  speaker: "audiooutput",
  ringer: "audiooutput",
};
const NAMES = { microphone: "Microphone", speaker: "Speaker", ringer: "Speaker" };
/** Chromium lists the system's choice a second time under these ids. */
const ALIASES = ["communications"];

/** @param {DeviceRole} role */
const keyOf = (role) => `audio-${role}`;

export class AudioDevices extends EventTarget {
  #storage;
  #media;
  #changed = () => this.dispatchEvent(new Event("change"));

  /**
   * Says `change` whenever a device comes or goes.
   *
   * @param {Storage} [storage]
   * @param {MediaDevices | undefined} [media] undefined on a page without https
   */
  constructor(storage = localStorage, media = navigator.mediaDevices) {
    super();
    this.#storage = storage;
    this.#media = media;
    this.#media?.addEventListener("devicechange", this.#changed);
  }

  /**
   * Labels are numbered placeholders until the microphone was allowed once.
   *
   * @param {DeviceRole} role
   * @returns {Promise<Device[]>}
   */
  async list(role) {
    const devices = (await this.#media?.enumerateDevices()) ?? [];
    return devices
      .filter((device) => device.kind === KINDS[role] && device.deviceId !== "")
      .filter((device) => !ALIASES.includes(device.deviceId))
      .map(({ deviceId, label }, i) => ({
        id: deviceId,
        label: label || `${NAMES[role]} ${i + 1}`,
      }));
  }

  /** @returns {Promise<Device[]>} */
  microphones() {
    return this.list("microphone");
  }

  /** @returns {Promise<Device[]>} empty where the browser does not let a page choose */
  speakers() {
    return this.list("speaker");
  }

  /**
   * @param {DeviceRole} role
   * @param {Device | null} device null forgets the choice
   */
  choose(role, device) {
    if (device === null) this.#storage.removeItem(keyOf(role));
    else this.#storage.setItem(keyOf(role), JSON.stringify(device));
  }

  /**
   * The id to open: the chosen device, or one with the same label; "" for the default
   * while it is away.
   *
   * @param {DeviceRole} role
   * @returns {Promise<string>}
   */
  async chosen(role) {
    const wanted = this.#remembered(role);
    if (wanted === null) return "";
    const devices = await this.list(role);
    const found =
      devices.find((device) => device.id === wanted.id) ??
      devices.find((device) => device.label === wanted.label);
    // Before the microphone was allowed there is no list; the id may well be right.
    return found?.id ?? (devices.length === 0 ? wanted.id : "");
  }

  close() {
    this.#media?.removeEventListener("devicechange", this.#changed);
  }

  /** @param {DeviceRole} role @returns {Device | null} */
  #remembered(role) {
    try {
      const { id, label } = JSON.parse(this.#storage.getItem(keyOf(role)) ?? "");
      return typeof id === "string" && typeof label === "string" ? { id, label } : null;
    } catch {
      return null;
    }
  }
}
