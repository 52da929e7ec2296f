/** When what is being typed is looked for: after a short pause, once for each text. */

const PAUSE_MS = 200;

export class FindField {
  #find;
  #pauseMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(text: string) => void} find
   * @param {number} pauseMs
   */
  constructor(find, pauseMs = PAUSE_MS) {
    this.#find = find;
    this.#pauseMs = pauseMs;
  }

  /** @param {string} text */
  typed(text) {
    this.stop();
    this.#timer = setTimeout(() => this.now(text), this.#pauseMs);
  }

  /** @param {string} text */
  now(text) {
    this.stop();
    this.#find(text.trim());
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
