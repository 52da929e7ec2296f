/**
 * The websocket of a page that steps into calls, open for as long as it is wanted and
 * opened again by itself. The protocol stands in docs/supervision-websocket.md.
 */
import { Backoff } from "../console/shell/backoff.js";

const BEAT_EVERY_MS = 2_000;
const SILENCE_MS = 5_000;
const NOT_SIGNED_IN = 4401;
const NOT_YOURS = 4403;

/** @typedef {"closed" | "connecting" | "online" | "lost" | "refused"} Connection */

/** Events: "message" {message}; "connection" {connection: Connection}. */
export class SupervisionSocket extends EventTarget {
  #address;
  #connect;
  #backoff;
  #language;
  #socket = /** @type {WebSocket | null} */ (null);
  #waiting = /** @type {string[]} */ ([]);
  #request = 0;
  #heardAt = 0;
  #beats = /** @type {ReturnType<typeof setInterval> | undefined} */ (undefined);
  #retry = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /**
   * @param {string} address
   * @param {string} language of the sentences that the server sends
   * @param {(address: string) => WebSocket} connect
   * @param {Backoff} backoff
   */
  constructor(
    address,
    language,
    connect = (at) => new WebSocket(at),
    backoff = new Backoff(),
  ) {
    super();
    this.#address = address;
    this.#language = language;
    this.#connect = connect;
    this.#backoff = backoff;
  }

  get isWanted() {
    return this.#beats !== undefined;
  }

  /** Opens it, and keeps it open. */
  open() {
    if (this.isWanted) return;
    this.#beats = setInterval(() => this.#beat(), BEAT_EVERY_MS);
    this.#tell("connecting");
    this.#begin();
  }

  close() {
    clearInterval(this.#beats);
    clearTimeout(this.#retry);
    this.#beats = undefined;
    this.#waiting = [];
    this.#drop();
    this.#tell("closed");
  }

  /**
   * Sends a request now, or once it is open.
   *
   * @param {string} type
   * @param {Record<string, unknown>} fields
   * @returns {number} its number, which the reply repeats
   */
  send(type, fields = {}) {
    this.#request += 1;
    const text = JSON.stringify({ type, request: this.#request, ...fields });
    if (this.#socket?.readyState === 1) this.#socket.send(text);
    else this.#waiting.push(text);
    this.open();
    return this.#request;
  }

  #begin() {
    const socket = this.#connect(this.#address);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (socket !== this.#socket) return;
    socket.send(JSON.stringify({ type: "hello", language: this.#language }));
    for (const text of this.#waiting.splice(0)) socket.send(text);
    this.#tell("online");
  }

  /** @param {WebSocket} socket @param {string} data */
  #receive(socket, data) {
    if (socket !== this.#socket) return;
    this.#heardAt = performance.now();
    this.#backoff.reset();
    const message = JSON.parse(data);
    if (message.type === "beat") return;
    this.dispatchEvent(new CustomEvent("message", { detail: { message } }));
  }

  #beat() {
    if (this.#socket === null) return;
    if (performance.now() - this.#heardAt > SILENCE_MS) this.#lose();
    else if (this.#socket.readyState === 1) this.#socket.send('{"type":"beat"}');
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    if (code === NOT_SIGNED_IN || code === NOT_YOURS) {
      this.close();
      this.#tell("refused");
    } else {
      this.#lose();
    }
  }

  #lose() {
    this.#drop();
    this.#tell("lost");
    this.#retry = setTimeout(() => this.#begin(), this.#backoff.next());
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {Connection} connection */
  #tell(connection) {
    this.dispatchEvent(new CustomEvent("connection", { detail: { connection } }));
  }
}
