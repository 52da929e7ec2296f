/**
 * Which devices this browser was checked with. Known by their names: ids are new once a
 * browser's data was cleared.
 *
 * @typedef {{microphone: string, speaker: string, ringer: string}} DeviceNames
 */

/** @import {Device, Devices} from "../../audio/devices.js" */

const STORED = "audio-checked";
/** Two headsets and a laptop's own, at home and in the office. */
const MOST = 10;
const UNNAMED = "";

/**
 * Return the names of the devices in use; null while the browser does not tell them.
 * @param {Pick<Devices, "microphones" | "microphoneId" | "speakers" | "speakerId"
 *   | "ringerId">} devices
 * @returns {DeviceNames | null}
 */
export function namesOf(devices) {
  const { microphones, microphoneId, speakers, speakerId, ringerId } = devices;
  if (microphones.length === 0) {
    return null;
  }
  return {
    microphone: labelOf(microphones, microphoneId),
    speaker: labelOf(speakers, speakerId),
    ringer: labelOf(speakers, ringerId),
  };
}

/**
 * @param {Device[]} list
 * @param {string} id "" for the system's default
 */
function labelOf(list, id) {
  const found = list.find(({ deviceId }) => deviceId === (id || "default"));
  return found?.label ?? "";
}

export class CheckedDevices {
  #storage;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage = localStorage) {
    this.#storage = storage;
  }

  /**
   * Return why these devices should be checked.
   * @param {DeviceNames | null} names
   * @returns {"" | "first" | "changed"}
   */
  dueFor(names) {
    const known = this.#read();
    if (known[0] === UNNAMED && names !== null) {
      // Skipped before the browser told any name: these are the devices that were meant.
      this.remember(names);
      return "";
    }
    if (known.length === 0) {
      return "first";
    }
    return names === null || known.includes(keyOf(names)) ? "" : "changed";
  }

  /**
   * Remember that these were checked, or that the agent will not check them.
   * @param {DeviceNames | null} names
   */
  remember(names) {
    const key = names === null ? UNNAMED : keyOf(names);
    const others = this.#read().filter((one) => one !== key && one !== UNNAMED);
    this.#storage.setItem(STORED, JSON.stringify([key, ...others].slice(0, MOST)));
  }

  /** @returns {string[]} */
  #read() {
    try {
      const stored = JSON.parse(this.#storage.getItem(STORED) ?? "");
      return Array.isArray(stored) ? stored.map(String) : [];
    } catch {
      return [];
    }
  }
}

/** @param {DeviceNames} names */
const keyOf = ({ microphone, speaker, ringer }) =>
  JSON.stringify([microphone, speaker, ringer]);
