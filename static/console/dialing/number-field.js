/**
 * When a number that is being typed is looked up: after a pause, and not before it
 * could be one. What is asked of the server may be asked of WhatsApp.
 */

const PAUSE_MS = 600;
/** No country has shorter numbers, its own code included. */
const FEWEST_DIGITS = 7;

/**
 * Tell whether this may be a whole number. Digits of any script count. Letters that are
 * typed are for the server to complain of once the agent says it is all; a link or an
 * entry of an address book is pasted with them.
 * @param {string} text
 * @param {boolean} pasted
 */
export function mayBeNumber(text, pasted = false) {
  const digits = text.match(/\p{Nd}/gu) ?? [];
  return digits.length >= FEWEST_DIGITS && (pasted || !/\p{L}/u.test(text));
}

/** Calls back with the text of the field when it is time, once for each text. */
export class NumberField {
  #lookUp;
  #pauseMs;
  #text = "";
  #asked = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(text: string) => void} lookUp
   * @param {number} pauseMs
   */
  constructor(lookUp, pauseMs = PAUSE_MS) {
    this.#lookUp = lookUp;
    this.#pauseMs = pauseMs;
  }

  /**
   * Take what the field reads now. What was pasted is all there is.
   * @param {string} text
   * @param {boolean} pasted
   */
  typed(text, pasted = false) {
    clearTimeout(this.#timer);
    this.#text = text.trim();
    this.#asked = "";
    if (mayBeNumber(this.#text, pasted)) {
      this.#timer = setTimeout(() => this.finished(), pasted ? 0 : this.#pauseMs);
    }
  }

  /**
   * Take what the field reads now, of which all is known already.
   * @param {string} text
   */
  settled(text) {
    this.typed("");
    this.#text = text.trim();
    this.#asked = this.#text;
  }

  /** Look it up now: the agent pressed Enter or left the field. */
  finished() {
    clearTimeout(this.#timer);
    if (this.#text !== "" && this.#text !== this.#asked) {
      this.again();
    }
  }

  /** Ask once more: on another line, or after the connection was lost. */
  again() {
    clearTimeout(this.#timer);
    if (this.#text !== "") {
      this.#asked = this.#text;
      this.#lookUp(this.#text);
    }
  }
}
