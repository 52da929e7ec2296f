/**
 * Keeps what the agent types about a call: at once in the browser, a moment later on the
 * server, and again after a reload or a lost connection, until the server says that it
 * is saved. The page is the author: it takes the server's text only for another call.
 */

/** @import {Work} from "../state/snapshot.js" */
/** @import {Written} from "../state/state.js" */
/** @import {Drafts} from "./drafts.js" */

const KIND = "notes";
const PAUSE_MS = 400;
/** Text typed without a pause is saved all the same. */
const LONGEST_WAIT_MS = 2_000;
const REPLY_WITHIN_MS = 10_000;
export const LONGEST_NOTE = 5_000;

/** @typedef {{call: string, text: string, at: number}} Sent */

export class NotesAutosave {
  #drafts;
  #send;
  #tell;
  /** @type {Written | null} */
  #written = null;
  /** @type {Map<number, Sent>} by request, until the server has replied */
  #sent = new Map();
  /** @type {number | null} when the text must go, monotonic milliseconds */
  #dueAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Drafts} drafts
   * @param {(call: string, text: string) => number} send the request's number; 0 when
   *   there is no connection
   * @param {(written: Written | null) => void} tell what stands here now
   */
  constructor(drafts, send, tell) {
    this.#drafts = drafts;
    this.#send = send;
    this.#tell = tell;
  }

  /**
   * Follow the call to write about, which may still be the same.
   * @param {Work | null} work
   */
  follow(work) {
    if ((work?.call ?? null) === (this.#written?.call ?? null)) {
      return;
    }
    this.flush();
    if (work === null) {
      this.#now(null);
      return;
    }
    const draft = this.#drafts.get(KIND, work.call);
    const isNews = typeof draft === "string" && draft !== work.notes;
    const text = isNews ? draft : work.notes;
    this.#now({ call: work.call, text, saved: isNews ? "saving" : "saved" });
    if (isNews) {
      this.#soon();
    } else {
      this.#drafts.remove(KIND, work.call);
    }
  }

  /** @param {string} text */
  typed(text) {
    if (this.#written === null) {
      return;
    }
    const { call } = this.#written;
    this.#drafts.set(KIND, call, text);
    this.#now({ call, text, saved: "saving" });
    this.#soon();
  }

  #soon() {
    const now = performance.now();
    this.#dueAt ??= now + LONGEST_WAIT_MS;
    clearTimeout(this.#timer);
    const pause = Math.max(0, Math.min(PAUSE_MS, this.#dueAt - now));
    this.#timer = setTimeout(() => this.flush(), pause);
  }

  /** Send now what waits for a pause in the typing. */
  flush() {
    clearTimeout(this.#timer);
    if (this.#dueAt !== null && this.#written !== null) {
      this.#dueAt = null;
      this.#post(this.#written.call, this.#written.text);
    }
  }

  /** Send again, of all calls, what a lost connection may have lost. */
  back() {
    clearTimeout(this.#timer);
    this.#dueAt = null;
    this.#sent.clear();
    for (const call of this.#drafts.calls(KIND)) {
      const text = this.#drafts.get(KIND, call);
      if (typeof text === "string") {
        this.#post(call, text);
      }
    }
  }

  /** Give up waiting: the connection is gone, and with it every reply. */
  lost() {
    if (this.#sent.size > 0) {
      this.#sent.clear();
      this.#unsaved();
    }
  }

  /**
   * Take note that the server has stored what a request said.
   * @param {number} request
   */
  saved(request) {
    const sent = this.#sent.get(request);
    this.#sent.delete(request);
    if (sent === undefined || this.#drafts.get(KIND, sent.call) !== sent.text) {
      return;
    }
    this.#drafts.remove(KIND, sent.call);
    if (this.#written?.call === sent.call) {
      this.#now({ ...this.#written, saved: "saved" });
    }
  }

  /**
   * Take a refusal. The text stays here, and goes again with the next change.
   * @param {number | undefined} request
   * @returns {boolean} whether it was about an earlier call, which is no news
   */
  refused(request) {
    const sent = this.#sent.get(request ?? 0);
    if (sent === undefined) {
      return false;
    }
    this.#sent.delete(request ?? 0);
    const isEarlier = sent.call !== this.#written?.call;
    if (!isEarlier) {
      this.#unsaved();
    }
    return isEarlier;
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    for (const [request, { call, text, at }] of [...this.#sent]) {
      if (now - at > REPLY_WITHIN_MS) {
        this.#sent.delete(request);
        this.#again(call, text);
      }
    }
  }

  /**
   * Send only the newest text again: an older one would write over it.
   * @param {string} call
   * @param {string} text
   */
  #again(call, text) {
    if (this.#drafts.get(KIND, call) === text) {
      this.#post(call, text);
    }
  }

  /**
   * @param {string} call
   * @param {string} text
   */
  #post(call, text) {
    const request = this.#send(call, text);
    if (request > 0) {
      this.#sent.set(request, { call, text, at: performance.now() });
    } else {
      this.#unsaved();
    }
  }

  #unsaved() {
    if (this.#written?.saved === "saving") {
      this.#now({ ...this.#written, saved: "unsaved" });
    }
  }

  /** @param {Written | null} written */
  #now(written) {
    this.#written = written;
    this.#tell(written);
  }
}
