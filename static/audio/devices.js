/**
 * Which microphones and speakers there are, and which the agent chose. A choice is kept
 * by id and by label: browsers give a device a new id when their data is cleared.
 *
 * @typedef {{deviceId: string, label: string}} Device
 * @typedef {"microphone" | "speaker" | "ringer"} Role
 */

/** Chromium lists the system's choice for calls a second time under this id. */
const ALIAS = "communications";

/** @param {Role} role */
const keyOf = (role) => `audio-${role}`;

/**
 * Says `change` when devices came or went; `microphones` and `speakers` are up to date.
 * Says `chosen` {role, id} when another page of this browser has chosen one.
 */
export class Devices extends EventTarget {
  #storage;
  #media;
  #microphones = /** @type {Device[]} */ ([]);
  #speakers = /** @type {Device[]} */ ([]);
  #changed = () => this.refresh();
  #stored = (/** @type {StorageEvent} */ event) => this.#chosenElsewhere(event.key);

  /**
   * @param {Pick<Storage, "getItem" | "setItem">} [storage]
   * @param {MediaDevices | null} [media] missing on a page without https
   */
  constructor(storage = localStorage, media = navigator.mediaDevices) {
    super();
    this.#storage = storage;
    this.#media = media;
    this.#media?.addEventListener("devicechange", this.#changed);
    globalThis.window?.addEventListener("storage", this.#stored);
  }

  /** Those with a name: none until the microphone was allowed and `refresh` called. */
  get microphones() {
    return this.#microphones;
  }

  /** As with microphones; none where the browser does not let a page choose. */
  get speakers() {
    return this.#speakers;
  }

  /** The chosen microphone's id, "" for the default one. */
  get microphoneId() {
    return this.#chosen("microphone", this.#microphones);
  }

  get speakerId() {
    return this.#chosen("speaker", this.#speakers);
  }

  /** The speaker to ring at; "" where none was chosen. */
  get ringerId() {
    return this.#chosen("ringer", this.#speakers);
  }

  /** @param {string} id "" for the default one */
  rememberMicrophone(id) {
    this.#remember("microphone", this.#microphones, id);
  }

  /** @param {string} id */
  rememberSpeaker(id) {
    this.#remember("speaker", this.#speakers, id);
  }

  /** @param {string} id */
  rememberRinger(id) {
    this.#remember("ringer", this.#speakers, id);
  }

  /** Reads the list anew. */
  async refresh() {
    const devices = (await this.#media?.enumerateDevices()) ?? [];
    const named = devices.filter(
      ({ deviceId, label }) => deviceId !== "" && deviceId !== ALIAS && label !== "",
    );
    this.#microphones = ofKind(named, "audioinput");
    this.#speakers = ofKind(named, "audiooutput");
    this.dispatchEvent(new Event("change"));
  }

  close() {
    this.#media?.removeEventListener("devicechange", this.#changed);
    globalThis.window?.removeEventListener("storage", this.#stored);
  }

  /** @param {string | null} key that another page has written */
  #chosenElsewhere(key) {
    const ids = {
      microphone: this.microphoneId,
      speaker: this.speakerId,
      ringer: this.ringerId,
    };
    for (const [role, id] of Object.entries(ids)) {
      if (key === keyOf(/** @type {Role} */ (role))) {
        this.dispatchEvent(new CustomEvent("chosen", { detail: { role, id } }));
      }
    }
  }

  /** @param {Role} role @param {Device[]} devices @param {string} id */
  #remember(role, devices, id) {
    const label = devices.find(({ deviceId }) => deviceId === id)?.label ?? "";
    this.#storage.setItem(keyOf(role), JSON.stringify({ id, label }));
  }

  /**
   * The chosen device while it is there, else one with the same label, else the default.
   *
   * @param {Role} role
   * @param {Device[]} devices
   */
  #chosen(role, devices) {
    const { id, label } = this.#remembered(role);
    // Before the microphone was allowed there is no list; the id may well be right.
    if (devices.length === 0) return id;
    const found =
      devices.find(({ deviceId }) => deviceId === id) ??
      devices.find((device) => label !== "" && device.label === label);
    return found?.deviceId ?? "";
  }

  /** @param {Role} role @returns {{id: string, label: string}} */
  #remembered(role) {
    try {
      const { id, label } = JSON.parse(this.#storage.getItem(keyOf(role)) ?? "");
      return { id: String(id), label: String(label) };
    } catch {
      return { id: "", label: "" };
    }
  }
}

/** @param {MediaDeviceInfo[]} devices @param {MediaDeviceKind} kind @returns {Device[]} */
function ofKind(devices, kind) {
  return devices
    .filter((device) => device.kind === kind)
    .map(({ deviceId, label }) => ({ deviceId, label }));
}
