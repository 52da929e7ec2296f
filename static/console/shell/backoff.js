const FIRST_MS = 500;
const LONGEST_MS = 5_000;

/**
 * The wait before each new attempt: twice as long each time, and a random
 * part of it, so that all consoles do not come back in one instant.
 */
export class Backoff {
  #attempts = 0;
  #random;

  /** @param {() => number} random from 0 to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait now. */
  next() {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return longest * (0.5 + this.#random() / 2);
  }

  reset() {
    this.#attempts = 0;
  }
}
