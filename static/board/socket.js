/** The board's websocket, kept alive: whole snapshots come in, each is said to be taken. */

import { Backoff } from "../console/shell/backoff.js";

/**
 * The server says something every two seconds; after three times of silence the network
 * is gone, though neither side closed.
 */
const SILENCE_MS = 7_000;
const RESTART = 4012;
const RESTART_SPREAD_MS = 500;
const NOT_SIGNED_IN = 4401;
const NOT_ALLOWED = 4403;
const TOO_MUCH = 4429;
const TOO_MUCH_WAIT_MS = 30_000;

/** @typedef {"connecting" | "online" | "lost" | "refused" | "crowded"} Connection */

/**
 * Events: "message" {message}; "connection" {connection: Connection}; "signedout".
 */
export class BoardSocket extends EventTarget {
  #address;
  #connect;
  #backoff;
  /** @type {WebSocket | null} */
  #socket = null;
  #heardAt = 0;
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
    const socket = this.#connect(this.#address);
    this.#socket = socket;
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#heardAt = performance.now();
    socket.addEventListener("message", ({ data }) => this.#receive(socket, data));
    socket.addEventListener("close", ({ code }) => this.#closed(socket, code));
  }

  /**
   * Do what is due; call it about once a second.
   * @param {number} now monotonic milliseconds
   */
  tick(now) {
    if (now >= this.#retryAt) {
      this.open();
    } else if (this.#socket !== null && now - this.#heardAt > SILENCE_MS) {
      this.#lost(this.#backoff.next());
    }
  }

  /** Wait no longer for the next attempt, if there is to be one. */
  retryNow() {
    if (Number.isFinite(this.#retryAt)) {
      this.open();
    }
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
    const message = JSON.parse(data);
    if (message.type !== "problem") {
      socket.send(JSON.stringify({ type: "took" }));
    }
    this.#tell("online");
    this.dispatchEvent(new CustomEvent("message", { detail: { message } }));
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #closed(socket, code) {
    if (socket !== this.#socket) {
      return;
    }
    if (code === NOT_SIGNED_IN || code === NOT_ALLOWED) {
      this.#leave();
      this.#tell("refused");
      if (code === NOT_SIGNED_IN) {
        this.dispatchEvent(new Event("signedout"));
      }
    } else if (code === TOO_MUCH) {
      this.#lost(TOO_MUCH_WAIT_MS, "crowded");
    } else {
      const spread = Math.random() * RESTART_SPREAD_MS;
      this.#lost(code === RESTART ? spread : this.#backoff.next());
    }
  }

  /**
   * @param {number} wait milliseconds until the next attempt
   * @param {Connection} connection
   */
  #lost(wait, connection = "lost") {
    this.#leave();
    this.#retryAt = performance.now() + wait;
    this.#tell(connection);
  }

  /** @param {Connection} connection */
  #tell(connection) {
    this.dispatchEvent(new CustomEvent("connection", { detail: { connection } }));
  }

  #leave() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
