/**
 * Text that the server has not confirmed, kept in the browser so that no
 * reload loses it. Each agent has their own: a browser may have several, one after the
 * other.
 */

const PREFIX = "console.draft.";
/** Older drafts make room: no agent writes about so many calls without a connection. */
const MOST = 40;
const KEPT_MS = 3 * 24 * 60 * 60 * 1000;

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} DraftStorage */

export class Drafts {
  #storage;
  #agent = "";

  /** @param {DraftStorage} storage */
  constructor(storage = localStorage) {
    this.#storage = storage;
  }

  /** @param {number | string} agent whose drafts these are */
  of(agent) {
    if (this.#agent !== String(agent)) {
      this.#agent = String(agent);
      this.#sweep();
    }
  }

  /**
   * @param {string} kind "notes" or "callback"
   * @param {string} call
   * @returns {any} what was kept, or null
   */
  get(kind, call) {
    return this.#read(this.#key(kind, call))?.value ?? null;
  }

  /**
   * @param {string} kind
   * @param {string} call
   * @param {unknown} value
   */
  set(kind, call, value) {
    const text = JSON.stringify({ at: Date.now(), value });
    this.#makeRoom();
    try {
      this.#storage.setItem(this.#key(kind, call), text);
    } catch {
      // A full or forbidden storage: the server is told all the same.
    }
  }

  /**
   * @param {string} kind
   * @param {string} call
   */
  remove(kind, call) {
    this.#storage.removeItem(this.#key(kind, call));
  }

  /**
   * Return the calls that have a draft of this kind.
   * @param {string} kind
   */
  calls(kind) {
    const start = this.#key(kind, "");
    return this.#keys()
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(start.length));
  }

  /** Remove old drafts, so that none is left on the machine. */
  #sweep() {
    for (const key of this.#keys()) {
      if (Date.now() - this.#writtenAt(key) > KEPT_MS) {
        this.#storage.removeItem(key);
      }
    }
  }

  #makeRoom() {
    const keys = this.#keys();
    keys.sort((one, other) => this.#writtenAt(one) - this.#writtenAt(other));
    for (const key of keys.slice(0, Math.max(0, keys.length - MOST + 1))) {
      this.#storage.removeItem(key);
    }
  }

  /**
   * @param {string} kind
   * @param {string} call
   */
  #key(kind, call) {
    return `${PREFIX}${this.#agent}.${kind}.${call}`;
  }

  #keys() {
    const all = Array.from({ length: this.#storage.length }, (_, index) =>
      String(this.#storage.key(index)),
    );
    return all.filter((key) => key.startsWith(PREFIX));
  }

  /** @param {string} key */
  #writtenAt(key) {
    return Number(this.#read(key)?.at ?? 0);
  }

  /** @param {string} key */
  #read(key) {
    try {
      return JSON.parse(this.#storage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }
}
