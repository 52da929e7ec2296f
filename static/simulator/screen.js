/** @import {Snapshot} from "./api.js" */

/** @type {Record<string, string>} */
const STATUS = {
  idle: "Idle",
  calling: "Calling",
  ringing: "Ringing",
  in_call: "In call",
  ended: "Ended",
};

/** @type {Record<string, string>} */
const LINES = {
  calling: "Calling…",
  ringing: "is calling you",
  in_call: "In call",
};

/** @type {Record<string, string>} */
const ENDINGS = {
  business: "The business ended the call.",
  user: "You hung up.",
  whatsapp: "No answer.",
};

/** @type {Record<string, string>} */
const PERMISSIONS = {
  no_permission: "The business may not call you.",
  temporary: "The business may call you for 7 days.",
  permanent: "The business may always call you.",
};

/** @type {Record<string, string>} */
const COMPANION = {
  idle: "",
  calling: "The recorded caller is ringing the business.",
  in_call: "The recorded caller is speaking.",
  ended: "The recorded caller has hung up.",
};

/**
 * Minutes and seconds.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Shows a snapshot; knows nothing of calls or media. */
export class Screen {
  #page;
  #answeredAt = 0;

  /** @param {Document} page */
  constructor(page) {
    this.#page = page;
  }

  /**
   * @param {string} id
   * @returns {HTMLElement}
   */
  find(id) {
    const found = this.#page.getElementById(id);
    if (!found) {
      throw new Error(`The page has no ${id}.`);
    }
    return found;
  }

  /**
   * @param {string} id
   * @returns {HTMLInputElement}
   */
  field(id) {
    return /** @type {HTMLInputElement} */ (this.find(id));
  }

  /**
   * @param {string} id
   * @returns {HTMLButtonElement}
   */
  button(id) {
    return /** @type {HTMLButtonElement} */ (this.find(id));
  }

  /** @param {Snapshot} snapshot */
  show(snapshot) {
    const { state } = snapshot;
    const inCall = state === "in_call";
    this.#answeredAt = inCall ? performance.now() - snapshot.seconds * 1000 : 0;
    this.find("phone").dataset.state = state;
    this.find("status").textContent = STATUS[state];
    this.find("call-line").textContent =
      state === "ended" ? ENDINGS[snapshot.ended_by] : (LINES[state] ?? "");
    this.#reveal("call-screen", state !== "idle");
    this.#reveal("dial-screen", state === "idle" || state === "ended");
    this.#reveal("answer", state === "ringing");
    this.#reveal("decline", state === "ringing");
    this.#reveal("hang-up", inCall || state === "calling");
    this.#reveal("mute", inCall);
    this.#reveal("timer", inCall);
    this.#reveal("level", inCall);
    this.tick();
    this.#showPermission(snapshot);
    this.#showCompanion(snapshot);
  }

  /** Move the timer on. */
  tick() {
    if (this.#answeredAt) {
      const seconds = (performance.now() - this.#answeredAt) / 1000;
      this.find("timer").textContent = clock(seconds);
    }
  }

  /** @param {number} level 0 to 1, as the browser measures it */
  showLevel(level) {
    // The ear is logarithmic: a quiet voice is 0.01 of full scale.
    const meter = /** @type {HTMLMeterElement} */ (this.find("level"));
    meter.value = Math.min(1, Math.sqrt(level * 2));
  }

  /** @param {boolean} muted */
  showMuted(muted) {
    this.find("mute").textContent = muted ? "Unmute" : "Mute";
    this.find("mute").setAttribute("aria-pressed", String(muted));
  }

  /** @param {string} text empty when all is well */
  showProblem(text) {
    this.find("problem").textContent = text;
    this.#reveal("problem", text !== "");
  }

  /** @param {Snapshot} snapshot */
  #showPermission(snapshot) {
    this.#reveal("permission-card", snapshot.asked_by !== "");
    this.find("asking").textContent = `+${snapshot.asked_by}`;
    this.#reveal("nudge", snapshot.nudged);
    this.find("permission").textContent = PERMISSIONS[snapshot.permission];
    this.find("change-permission").textContent =
      snapshot.permission === "no_permission"
        ? "Let the business call"
        : "Stop the business from calling";
  }

  /** @param {Snapshot} snapshot */
  #showCompanion(snapshot) {
    const running = ["calling", "in_call"].includes(snapshot.companion);
    this.find("scripted-line").textContent = COMPANION[snapshot.companion];
    this.find("scripted-call").textContent = running
      ? "Stop the scripted caller"
      : "Let the scripted caller ring";
  }

  /**
   * @param {string} id
   * @param {boolean} visible
   */
  #reveal(id, visible) {
    this.find(id).hidden = !visible;
  }
}
