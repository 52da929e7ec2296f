/**
 * Handle the frames of an audio check, which come back as they were sent: measure how
 * long they were on their way, and keep them for a second, so that speaking and hearing
 * do not get mixed up.
 */
import { parseFrame } from "./wire.js";

export const HEARD_AFTER_MS = 1000;
/** Ten seconds of frames; those that are longer away are lost. */
const ON_THE_WAY_MAX = 500;
/** The last second says how it is now. */
const DELAYS = 50;
const OVERTAKEN_MS = 500;
const KEPT_MAX = 150;

export class Echo {
  sent = 0;
  returned = 0;
  /** When each frame left, by its timestamp. */
  #left = /** @type {Map<number, number>} */ (new Map());
  #newest = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #delays = /** @type {number[]} */ ([]);
  #kept = /** @type {{message: ArrayBuffer, due: number}[]} */ ([]);

  /** Frames that did not come back, though others did that left well after them. */
  get lost() {
    const overtaken = this.#newest - OVERTAKEN_MS;
    const left = [...this.#left.values()];
    return this.#dropped + left.filter((at) => at < overtaken).length;
  }

  /** @returns {number | null} milliseconds to the server and back, the middle of the last */
  get networkMs() {
    const sorted = [...this.#delays].sort((one, other) => one - other);
    return sorted.at(Math.floor(sorted.length / 2)) ?? null;
  }

  /** @param {Uint8Array<ArrayBuffer>} message @param {number} now milliseconds */
  leaves(message, now) {
    this.sent += 1;
    this.#left.set(parseFrame(message.buffer).timestamp, now);
    if (this.#left.size <= ON_THE_WAY_MAX) return;
    const [oldest] = this.#left.keys();
    this.#left.delete(oldest);
    this.#dropped += 1;
  }

  /** @param {ArrayBuffer} message @param {number} now */
  returns(message, now) {
    const timestamp = parseFrame(message).timestamp;
    const left = this.#left.get(timestamp);
    if (left === undefined) return;
    this.#left.delete(timestamp);
    this.returned += 1;
    this.#newest = Math.max(this.#newest, left);
    this.#delays = [...this.#delays, now - left].slice(-DELAYS);
    this.#kept = [...this.#kept, { message, due: now + HEARD_AFTER_MS }].slice(
      -KEPT_MAX,
    );
  }

  /** @param {number} now @returns {ArrayBuffer[]} what is to be heard now */
  take(now) {
    const due = this.#kept.filter((one) => one.due <= now);
    if (due.length > 0) this.#kept = this.#kept.slice(due.length);
    return due.map(({ message }) => message);
  }
}
