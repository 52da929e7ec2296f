/**
 * The state of the phone. Whole snapshots; a higher version is newer.
 * @typedef {object} Snapshot
 * @property {number} version
 * @property {"idle"|"calling"|"ringing"|"in_call"|"ended"} state
 * @property {string} call
 * @property {number} seconds since the call was answered
 * @property {string} ended_by
 * @property {string} asked_by the business that asks for permission, or empty
 * @property {boolean} nudged
 * @property {string} permission
 * @property {string} companion state of the scripted caller
 * @property {string} [offer]
 * @property {string} [answer]
 */

/** The phone is not switched on any more; it has to be opened again. */
export class PhoneOff extends Error {}

/** Speaks to the simulator for one phone. */
export class PhoneApi {
  #pages;
  #forgeryToken;
  #token = "";

  /**
   * @param {string} pages address below which the page's doors are
   * @param {string} forgeryToken
   */
  constructor(pages, forgeryToken) {
    this.#pages = pages;
    this.#forgeryToken = forgeryToken;
  }

  /**
   * Switch the phone on under a number, and off under the one before.
   * @param {string} waid
   * @param {string} name
   * @returns {Promise<Snapshot>}
   */
  async open(waid, name) {
    const opened = await this.#post("open", { waid, name });
    this.close();
    this.#token = opened.token;
    return opened;
  }

  /**
   * Wait for something newer than a version.
   * @param {number} version
   * @returns {Promise<Snapshot>}
   */
  async state(version) {
    const token = this.#token;
    const reply = await fetch(`${this.#pages}${token}/state?version=${version}`);
    if (reply.status === 204) {
      throw new PhoneOff();
    }
    return this.#read(reply);
  }

  /**
   * @param {string} action
   * @param {object} [details]
   * @returns {Promise<Snapshot>}
   */
  act(action, details = {}) {
    return this.#post(`${this.#token}/${action}`, details);
  }

  /** Switch the phone off, even while the page goes away. */
  close() {
    if (this.#token) {
      this.#send(`${this.#token}/close`, {}, true).catch(() => {});
    }
  }

  /**
   * @param {string} path
   * @param {object} details
   */
  async #post(path, details) {
    return this.#read(await this.#send(path, details, false));
  }

  /**
   * @param {string} path
   * @param {object} details
   * @param {boolean} keepalive whether it outlives the page
   */
  #send(path, details, keepalive) {
    return fetch(this.#pages + path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": this.#forgeryToken,
      },
      body: JSON.stringify(details),
      keepalive,
    });
  }

  /**
   * @param {Response} reply
   * @returns {Promise<any>}
   */
  async #read(reply) {
    if (!reply.ok) {
      const told = await reply.json().catch(() => ({}));
      throw new Error(told.error ?? `The simulator answered ${reply.status}.`);
    }
    return reply.json();
  }
}
