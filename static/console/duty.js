/**
 * What keeps an agent on duty: the proof that this page can ring, their states and
 * breaks, and what they write about a call.
 */

import { ShiftVerbs } from "./shift/commands.js";
import { Prover, remedyOf } from "./shift/readiness.js";
import { WorkVerbs } from "./wrap-up/commands.js";
import { Drafts } from "./wrap-up/drafts.js";

/** @import {Parts} from "./console.js" */
/** @import {Remedy} from "./shift/readiness.js" */
/** @import {Store} from "./state/store.js" */
/** @import {Verbs} from "./call/controls.js" */

export class Duty {
  #socket;
  #prover;
  /** @type {Remedy | null} what the last beat was about */
  #remedy = null;

  /**
   * @param {Parts} parts
   * @param {Store} store
   * @param {Pick<Verbs, "send">} verbs
   * @param {() => number} now milliseconds of the epoch by the server's clock
   */
  constructor({ socket, engine, ringer }, store, verbs, now) {
    this.#socket = socket;
    this.#prover = new Prover(engine, ringer);
    this.shift = new ShiftVerbs(store, (type, fields) => verbs.send(type, fields));
    this.work = new WorkVerbs(store, socket, new Drafts(), now);
  }

  start() {
    this.#socket.hello = () => this.shift.hello();
    this.#socket.proof = () => this.#proof();
    window.addEventListener("pagehide", () => this.work.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        this.work.flush();
      } else {
        this.#socket.retryNow();
      }
    });
    for (const type of ["pointerdown", "keydown"]) {
      window.addEventListener(type, () => this.#prover.pressed(), { once: true });
    }
  }

  /** @param {number} flatMs for how long the microphone has given nothing at all */
  hears(flatMs) {
    this.#prover.hears(flatMs, performance.now());
  }

  /**
   * @param {number} late milliseconds that the page was late for this
   * @param {number} now monotonic milliseconds
   */
  tick(late, now) {
    this.#prover.ticked(late);
    this.#socket.tick(now);
    this.work.tick(now);
  }

  /**
   * What would let calls ring here again. When that changes the server is told at once,
   * not with the next beat.
   * @returns {Remedy}
   */
  remedy() {
    const remedy = remedyOf(this.#prover.standing(performance.now()));
    if (remedy !== this.#remedy) {
      this.#remedy = remedy;
      this.#socket.beat();
    }
    return remedy;
  }

  #proof() {
    const now = performance.now();
    return this.#prover.take(this.#socket.roundTrip(now), now);
  }
}
