/**
 * The undo second: what a key asked for and cannot be had back happens a moment later, and
 * until then Escape, a button, or typing on takes it back.
 *
 * @typedef {object} Pending
 * @property {string} text what is about to happen
 * @property {() => void} act
 * @property {() => boolean} holds whether it still makes sense
 */

export const UNDO_MS = 1_500;

/** Dispatches "change" {text}, "" for nothing; and "takenback". */
export class UndoSecond extends EventTarget {
  /** @type {Pending | null} */
  #pending = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  get isPending() {
    return this.#pending !== null;
  }

  /**
   * Act in a moment. What waited before is left out: one thing at a time.
   * @param {Pending} pending
   */
  later(pending) {
    this.#set(pending);
    this.#timer = setTimeout(() => this.#act(), UNDO_MS);
  }

  /** Take it back; tells whether there was anything. */
  takeBack() {
    const had = this.isPending;
    this.#set(null);
    if (had) {
      this.dispatchEvent(new CustomEvent("takenback", { detail: {} }));
    }
    return had;
  }

  /** Drop it without a word: something else was done instead, or there is no need. */
  drop() {
    this.#set(null);
  }

  /** Look again whether it still makes sense: the other side may have hung up. */
  follow() {
    if (this.#pending !== null && !this.#pending.holds()) {
      this.drop();
    }
  }

  #act() {
    const pending = this.#pending;
    this.#set(null);
    if (pending?.holds()) {
      pending.act();
    }
  }

  /** @param {Pending | null} pending */
  #set(pending) {
    clearTimeout(this.#timer);
    this.#pending = pending;
    const text = pending?.text ?? "";
    this.dispatchEvent(new CustomEvent("change", { detail: { text } }));
  }
}
