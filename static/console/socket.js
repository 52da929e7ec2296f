/**
 * The console websocket, kept alive: it beats, reconnects, and tells what it hears.
 * The protocol stands in docs/console-websocket.md.
 */

import { Backoff } from "./backoff.js";

/** Every 5 s, counted in ticks a second apart that are never exact. */
const BEAT_EVERY_MS = 4_500;
/** Three beats without a word: the network is gone, though nobody closed. */
const SILENCE_MS = 15_000;
const OPEN_WITHIN_MS = 8_000;
const NOT_SIGNED_IN = 4401;
const NO_AGENT = 4403;

/**
 * Events: "message" {message}; "connection" {connection: "connecting" | "online" |
 * "lost" | "refused"}; "signedout"; "unreachable", when a handshake failed, which may
 * also mean signed out.
 */
export class ConsoleSocket extends EventTarget {
  #address;
  #connect;
  #backoff;
  /** @type {WebSocket | null} */
  #socket = null;
  #request = 0;
  #heardAt = 0;
  #beatAt = 0;
  #retryAt = Number.POSITIVE_INFINITY;

  /**
   * @param {string} address
   * @param {(address: string) => WebSocket} connect
   * @param {Backoff} backoff
   */
  constructor(address, connect = (at) => new WebSocket(at), backoff = new Backoff()) {
    super();
    this.#address = address;
    this.#connect = connect;
    this.#backoff = backoff;
  }

  /** Connect now; what was open before is left. */
  open() {
    this.#leave();
    this.#retryAt = Number.POSITIVE_INFINITY;
    const socket = this.#connect(this.#address);
    this.#socket = socket;
    this.#heardAt = performance.now();
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
    });
    socket.addEventListener("message", ({ data }) => this.#receive(socket, data));
    socket.addEventListener("close", ({ code }) => this.#closed(socket, code, opened));
  }

  close() {
    this.#leave();
    this.#retryAt = Number.POSITIVE_INFINITY;
  }

  get isOpen() {
    return this.#socket?.readyState === 1;
  }

  /**
   * Send a request.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   * @returns {number} its number, which a problem will repeat; 0 when not connected
   */
  send(type, fields = {}) {
    if (!this.isOpen) {
      return 0;
    }
    this.#request += 1;
    const request = this.#request;
    this.#socket?.send(JSON.stringify({ type, request, ...fields }));
    return request;
  }

  /**
   * Do what is due; call it about once a second from a timer that a hidden page
   * does not slow down.
   * @param {number} now monotonic milliseconds
   */
  tick(now) {
    if (now >= this.#retryAt) {
      this.open();
    } else if (this.#socket !== null && now - this.#heardAt > this.#patience) {
      this.#lost(false);
    } else if (this.isOpen && now - this.#beatAt >= BEAT_EVERY_MS) {
      this.#beatAt = now;
      this.#socket?.send('{"type":"beat"}');
    }
  }

  get #patience() {
    return this.isOpen ? SILENCE_MS : OPEN_WITHIN_MS;
  }

  /**
   * @param {WebSocket} socket
   * @param {string} data
   */
  #receive(socket, data) {
    if (socket !== this.#socket) {
      return;
    }
    this.#heardAt = performance.now();
    this.#backoff.reset();
    this.dispatchEvent(
      new CustomEvent("message", { detail: { message: JSON.parse(data) } }),
    );
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {boolean} opened
   */
  #closed(socket, code, opened) {
    if (socket !== this.#socket) {
      return;
    }
    if (code === NOT_SIGNED_IN) {
      this.close();
      this.dispatchEvent(new Event("signedout"));
    } else if (code === NO_AGENT) {
      this.close();
      this.#tell("refused");
    } else {
      this.#lost(!opened);
    }
  }

  /** @param {boolean} unreachable */
  #lost(unreachable) {
    this.#leave();
    this.#retryAt = performance.now() + this.#backoff.next();
    this.#tell("lost");
    if (unreachable) {
      this.dispatchEvent(new Event("unreachable"));
    }
  }

  /** @param {"lost" | "refused"} connection */
  #tell(connection) {
    this.dispatchEvent(new CustomEvent("connection", { detail: { connection } }));
  }

  #leave() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
