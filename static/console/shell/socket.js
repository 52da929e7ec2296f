/**
 * The console websocket, kept alive: it says hello, beats, reconnects, and tells what it
 * hears.
 * The protocol stands in docs/console-websocket.md.
 *
 * @typedef {"connecting" | "online" | "lost" | "refused"} Connection
 */

import { Backoff } from "./backoff.js";

/** Every 2 s, counted in ticks a second apart that are never exact. */
const BEAT_EVERY_MS = 1_500;
/** Two beats without a word: the network is gone, though neither side closed. */
const SILENCE_MS = 5_000;
/** A page that was away itself asks once more before it gives the line up. */
const AWAY_MS = 3_500;
const SECOND_CHANCE_MS = 2_000;
const OPEN_WITHIN_MS = 8_000;
/** The server restarts, or sent us to another one and we did not go. */
const RESTART = 4012;
/** All consoles of a server come back then, but not in one instant. */
const RESTART_SPREAD_MS = 500;
const NOT_SIGNED_IN = 4401;
const NO_AGENT = 4403;
const TOO_MUCH = 4429;
/** The server has said that there are too many of us: the others go first. */
const TOO_MUCH_WAIT_MS = 30_000;

/**
 * Events: "message" {message}; "connection" {connection: Connection}; "signedout";
 * "unreachable", when a handshake failed, which may also mean signed out.
 */
export class ConsoleSocket extends EventTarget {
  #address;
  #connect;
  #backoff;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {WebSocket | null} the next one, while the server sends us elsewhere */
  #next = null;
  #request = 0;
  #heardAt = 0;
  #beatAt = 0;
  #tickedAt = 0;
  /** @type {number[]} when the beats were sent that have no reply yet */
  #unanswered = [];
  /** @type {number | null} */
  #roundTrip = null;
  #retryAt = Number.POSITIVE_INFINITY;

  /** Return what goes first over each new line. */
  hello = () => ({});
  /** Return what each beat tells of whether calls can ring here. */
  readiness = () => ({});

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
    this.#use(socket);
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      this.#greet(socket);
    });
    this.#listen(socket, () => opened);
  }

  /** @param {WebSocket} socket */
  #use(socket) {
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#unanswered = [];
    this.#roundTrip = null;
  }

  /** @param {WebSocket} socket */
  #greet(socket) {
    if (socket === this.#socket) {
      socket.send(JSON.stringify({ type: "hello", ...this.hello() }));
      this.#beat(performance.now());
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {() => boolean} opened whether it ever was open
   */
  #listen(socket, opened) {
    socket.addEventListener("message", ({ data }) => this.#receive(socket, data));
    socket.addEventListener("close", ({ code }) =>
      this.#closed(socket, code, opened()),
    );
  }

  /**
   * Change over to another server. The old line is used until the new one is open, so
   * that nothing that the person does in between is lost; if it does not open, the old
   * one is closed by its server in the end.
   * @param {string} address
   */
  #move(address) {
    this.#next?.close();
    const socket = this.#connect(new URL(address, this.#address).href);
    this.#next = socket;
    this.#listen(socket, () => true);
    socket.addEventListener("open", () => {
      if (socket === this.#next) {
        this.#next = null;
        this.#leave();
        this.#use(socket);
        this.#greet(socket);
      }
    });
  }

  /** Wait no longer for the next attempt, if there is to be one. */
  retryNow() {
    if (Number.isFinite(this.#retryAt)) {
      this.open();
    }
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
    this.#forgive(now);
    if (now >= this.#retryAt) {
      this.open();
    } else if (this.#socket !== null && now - this.#heardAt > this.#patience) {
      this.#lost(false);
    } else if (this.isOpen && now - this.#beatAt >= BEAT_EVERY_MS) {
      this.#beat(now);
    }
  }

  /**
   * After a sleep the reply may lie there unread.
   * @param {number} now
   */
  #forgive(now) {
    if (now - this.#tickedAt > AWAY_MS) {
      const earliest = now - this.#patience + SECOND_CHANCE_MS;
      this.#heardAt = Math.max(this.#heardAt, earliest);
    }
    this.#tickedAt = now;
  }

  /**
   * From a beat to its reply, in milliseconds; as long as one has no reply yet, if that
   * is longer; null before the first.
   * @param {number} now
   */
  roundTrip(now) {
    const [oldest] = this.#unanswered;
    const waiting = oldest === undefined ? 0 : now - oldest;
    return this.#roundTrip === null && oldest === undefined
      ? null
      : Math.max(this.#roundTrip ?? 0, waiting);
  }

  /** Tell now what has changed since the last beat. */
  beat() {
    if (this.isOpen) {
      this.#beat(performance.now());
    }
  }

  /** @param {number} now */
  #beat(now) {
    // The readiness describes the beats before this one.
    const text = JSON.stringify({ type: "beat", proof: this.readiness() });
    this.#beatAt = now;
    this.#unanswered.push(now);
    this.#socket?.send(text);
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
    const message = JSON.parse(data);
    this.#heardAt = performance.now();
    this.#backoff.reset();
    if (message.type === "move") {
      this.#move(message.address);
      return;
    }
    if (message.type === "beat") {
      this.#answered(this.#heardAt);
    }
    this.dispatchEvent(new CustomEvent("message", { detail: { message } }));
  }

  /** @param {number} now */
  #answered(now) {
    const sent = this.#unanswered.shift();
    if (sent !== undefined) {
      this.#roundTrip = Math.max(0, now - sent);
    }
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
      if (code === RESTART) {
        this.#retryAt = performance.now() + Math.random() * RESTART_SPREAD_MS;
      } else if (code === TOO_MUCH) {
        this.#retryAt = performance.now() + TOO_MUCH_WAIT_MS;
      }
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

  /** @param {Connection} connection */
  #tell(connection) {
    this.dispatchEvent(new CustomEvent("connection", { detail: { connection } }));
  }

  #leave() {
    const sockets = [this.#socket, this.#next];
    this.#socket = null;
    this.#next = null;
    for (const socket of sockets) {
      socket?.close();
    }
  }
}
