/** Tells the server with each beat whether this page can ring, and at once when that changes. */

import { ReadinessMonitor, remedyOf } from "./readiness.js";

/** @import {AudioEngine} from "../../audio/engine.js" */
/** @import {Ringer} from "../../audio/ringer.js" */
/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Remedy} from "./readiness.js" */

export class Heartbeat {
  #socket;
  #monitor;
  /** @type {Remedy | null} what the last beat was about */
  #remedy = null;

  /**
   * @param {ConsoleSocket} socket
   * @param {AudioEngine} engine
   * @param {Ringer} ringer
   */
  constructor(socket, engine, ringer) {
    this.#socket = socket;
    this.#monitor = new ReadinessMonitor(engine, ringer);
  }

  start() {
    this.#socket.readiness = () => {
      const now = performance.now();
      return this.#monitor.measure(this.#socket.roundTrip(now), now);
    };
    for (const type of ["pointerdown", "keydown"]) {
      window.addEventListener(type, () => this.#monitor.pressed(), { once: true });
    }
  }

  /** @param {number} flatMs for how long the microphone has given nothing at all */
  hears(flatMs) {
    this.#monitor.hears(flatMs, performance.now());
  }

  /**
   * @param {number} late milliseconds that the page was late for this
   * @param {number} now monotonic milliseconds
   */
  tick(late, now) {
    this.#monitor.ticked(late);
    this.#socket.tick(now);
  }

  /**
   * Return what would let calls ring here again. When that changes the server is told
   * at once, not with the next beat.
   * @returns {Remedy}
   */
  remedy() {
    const remedy = remedyOf(this.#monitor.current(performance.now()));
    if (remedy !== this.#remedy) {
      this.#remedy = remedy;
      this.#socket.beat();
    }
    return remedy;
  }
}
