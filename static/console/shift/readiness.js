/**
 * Readiness of this page to ring. The server judges it; the page only measures, and
 * knows what the agent can do about it.
 *
 * @typedef {"running" | "suspended" | "closed" | "none"} SoundState
 * @typedef {"live" | "flat" | "muted" | "ended" | "none"} MicrophoneState
 * @typedef {object} Readiness
 * @property {boolean} gesture whether the browser lets this page play audio
 * @property {SoundState} audio
 * @property {MicrophoneState} microphone "muted" by the system, not in the page
 * @property {number | null} rtt_ms of the last beat
 * @property {number} page_ms how late the page's main thread was for its ticks
 *
 * @typedef {"audio" | "open" | "other" | ""} Remedy "audio": a press turns it on; "open":
 *   open the microphone again; "other": choose another one
 */

/** So long without the least noise: no microphone in a room is as silent. */
const FLAT_AFTER_MS = 5_000;
/** Levels come ten times a second; without them the audio itself stands still. */
const NO_LEVELS_MS = 3_000;

/** Watches whether anything at all comes from the microphone. */
export class MicrophoneWatch {
  #flatMs = 0;
  #levelAt = 0;
  #mutedAt = Number.NEGATIVE_INFINITY;

  /**
   * It has just been opened.
   * @param {number} now monotonic milliseconds
   */
  restart(now) {
    this.#flatMs = 0;
    this.#levelAt = now;
  }

  /**
   * @param {number} flatMs for how long it has given nothing at all
   * @param {boolean} muted in the page: silence is meant then
   * @param {number} now
   */
  hears(flatMs, muted, now) {
    this.#levelAt = now;
    this.#mutedAt = muted ? now : this.#mutedAt;
    this.#flatMs = Math.min(flatMs, now - this.#mutedAt);
  }

  /**
   * @param {"live" | "muted" | "ended" | "none"} track
   * @param {number} now
   * @returns {MicrophoneState}
   */
  state(track, now) {
    if (track !== "live") {
      return track;
    }
    const isDead = now - this.#levelAt > NO_LEVELS_MS;
    return isDead || this.#flatMs >= FLAT_AFTER_MS ? "flat" : "live";
  }
}

/** Measures how late the page was for its ticks since it was last asked. */
export class LatenessMeter {
  #worst = 0;

  /** @param {number} late milliseconds */
  observe(late) {
    this.#worst = Math.max(this.#worst, late);
  }

  take() {
    const worst = this.#worst;
    this.#worst = 0;
    return Math.round(worst);
  }
}

/**
 * Tell whether the browser allows audio. Audio that runs shows it, also before any
 * press.
 * @param {boolean} pressed
 * @param {SoundState} audio
 */
export function isAllowed(pressed, audio) {
  return pressed || audio === "running";
}

/**
 * Return what the agent can do so that calls ring here again.
 * @param {Pick<Readiness, "gesture" | "audio" | "microphone">} readiness
 * @returns {Remedy}
 */
export function remedyOf({ gesture, audio, microphone }) {
  if (microphone === "ended" || microphone === "none") {
    return audio === "none" ? "audio" : "open";
  }
  if (!gesture || audio !== "running") {
    return "audio";
  }
  return microphone === "flat" || microphone === "muted" ? "other" : "";
}

/** Gathers it from the parts of the page that measure. */
export class ReadinessMonitor {
  #engine;
  #ringer;
  #microphone = new MicrophoneWatch();
  #lateness = new LatenessMeter();
  #isOpen = false;
  #pressed = false;

  /**
   * @param {{soundState: SoundState, muted: boolean,
   *   microphoneState: Exclude<MicrophoneState, "flat">}} engine
   * @param {{isBlocked: boolean}} ringer
   */
  constructor(engine, ringer) {
    this.#engine = engine;
    this.#ringer = ringer;
  }

  /** Note the first press in this page. */
  pressed() {
    this.#pressed = true;
  }

  /**
   * @param {number} flatMs for how long the microphone has given nothing at all
   * @param {number} now
   */
  hears(flatMs, now) {
    this.#microphone.hears(flatMs, this.#engine.muted, now);
  }

  /** @param {number} late milliseconds that the page was late for its tick */
  ticked(late) {
    this.#lateness.observe(late);
  }

  /**
   * Return what holds now, without the times that a beat measures.
   * @param {number} now
   * @returns {Pick<Readiness, "gesture" | "audio" | "microphone">}
   */
  current(now) {
    const { soundState, microphoneState } = this.#engine;
    if (!this.#isOpen && microphoneState === "live") {
      this.#microphone.restart(now);
    }
    this.#isOpen = microphoneState === "live";
    const audio = this.#ringer.isBlocked ? "suspended" : soundState;
    return {
      gesture: isAllowed(this.#pressed, audio),
      audio,
      microphone: this.#microphone.state(microphoneState, now),
    };
  }

  /**
   * Return what the next beat tells.
   * @param {number | null} rtt
   * @param {number} now
   * @returns {Readiness}
   */
  measure(rtt, now) {
    return {
      ...this.current(now),
      rtt_ms: rtt === null ? null : Math.round(rtt),
      page_ms: this.#lateness.take(),
    };
  }
}
