/**
 * The websocket of one call, opened again by itself while it is wanted. Nothing in here
 * keeps a timer: `tick` is called ten times a second and does what is due.
 */

/** @typedef {"idle" | "connecting" | "connected" | "lost" | "replaced" | "ended"} SocketState */

const RETRY_MS = [200, 500, 1000, 2000, 3000];
const RETRY_SPREAD = 0.2;
const OPEN_WITHIN_MS = 5000;
const PROVEN_MS = 5000;
/** The kernel takes minutes of Opus from a dead network before it complains. */
const SILENT_MS = 5000;
const SILENT_FROM_START_MS = 30_000;
const STUCK_MS = 3000;
const BAD_FRAMES = [1008, 1009];
const REPLACED = 4001;
const CALL_OVER = 1000;

export class AudioSocket {
  #onState;
  #onOpen;
  #onMessage;
  #now;
  #createSocket;
  #socket = /** @type {WebSocket | null} */ (null);
  #url = /** @type {string | null} */ (null);
  #state = /** @type {SocketState} */ ("idle");
  #attempts = 0;
  #badFrameCloses = 0;
  #retryAt = Number.POSITIVE_INFINITY;
  #since = 0;
  #heardAt = /** @type {number | null} */ (null);
  #refusedAt = /** @type {number | null} */ (null);

  /**
   * @param {object} options
   * @param {(state: SocketState, code: number) => void} options.onState
   * @param {() => void} options.onOpen a new stream begins in both directions
   * @param {(message: ArrayBuffer) => void} options.onMessage
   * @param {() => number} [options.now] milliseconds, steady
   * @param {(url: string) => WebSocket} [options.createSocket]
   */
  constructor({
    onState,
    onOpen,
    onMessage,
    now = () => performance.now(),
    createSocket = (url) => new WebSocket(url),
  }) {
    this.#onState = onState;
    this.#onOpen = onOpen;
    this.#onMessage = onMessage;
    this.#now = now;
    this.#createSocket = createSocket;
  }

  get state() {
    return this.#state;
  }

  get url() {
    return this.#url;
  }

  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @param {string} url does nothing when it is the one already open or sought */
  connect(url) {
    if (this.#url === url) return;
    this.#drop();
    this.#url = url;
    this.#attempts = 0;
    this.#badFrameCloses = 0;
    this.#open("connecting");
  }

  disconnect() {
    this.#url = null;
    this.#drop();
    this.#setState("idle", 0);
  }

  /** Tries at once what would be tried later, as when the network is back. */
  retryNow() {
    if (this.#state !== "lost") return;
    this.#attempts = 0;
    this.#retryAt = 0;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} message
   * @param {number} limit bytes that may wait; above, the message is refused
   * @returns {boolean} whether it was taken
   */
  send(message, limit) {
    const socket = this.#socket;
    if (this.#state !== "connected" || socket === null) return false;
    if (socket.bufferedAmount > limit) {
      this.#refusedAt ??= this.#now();
      return false;
    }
    this.#refusedAt = null;
    socket.send(message);
    return true;
  }

  /** Does what is due: a retry, or giving up a connection that shows no life. */
  tick() {
    const now = this.#now();
    if (now >= this.#retryAt) this.#open("lost");
    else if (this.#socket !== null && this.#isDead(now)) this.#lose(0);
  }

  /** @param {number} now */
  #isDead(now) {
    if (this.#state !== "connected") return now - this.#since > OPEN_WITHIN_MS;
    if (this.#refusedAt !== null && now - this.#refusedAt > STUCK_MS) return true;
    // A call may be silent from its start; one that was heard and falls silent is not.
    if (this.#heardAt === null) return now - this.#since > SILENT_FROM_START_MS;
    return now - this.#heardAt > SILENT_MS;
  }

  /** @param {"connecting" | "lost"} state while it opens */
  #open(state) {
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#since = this.#now();
    this.#heardAt = null;
    this.#refusedAt = null;
    this.#setState(state, 0);
    const socket = this.#createSocket(/** @type {string} */ (this.#url));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#received(socket, data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#socket = socket;
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#since = this.#now();
    this.#onOpen();
    this.#setState("connected", 0);
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #received(socket, data) {
    if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return;
    this.#heardAt = this.#now();
    this.#onMessage(data);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    if (BAD_FRAMES.includes(code)) this.#badFrameCloses += 1;
    if (code === REPLACED) this.#finish("replaced", code);
    else if (this.#isFinal(code)) this.#finish("ended", code);
    else this.#lose(code);
  }

  /** @param {number} code */
  #isFinal(code) {
    const refused = code >= 4000 && code <= 4999;
    return code === CALL_OVER || refused || this.#badFrameCloses > 1;
  }

  /** @param {"replaced" | "ended"} state @param {number} code */
  #finish(state, code) {
    this.#url = null;
    this.#drop();
    this.#setState(state, code);
  }

  /** @param {number} code */
  #lose(code) {
    const now = this.#now();
    if (this.#state === "connected" && now - this.#since > PROVEN_MS)
      this.#attempts = 0;
    this.#drop();
    const wait = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)];
    this.#attempts += 1;
    this.#retryAt = now + wait * (1 + Math.random() * RETRY_SPREAD);
    this.#setState("lost", code);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#retryAt = Number.POSITIVE_INFINITY;
    socket?.close(CALL_OVER);
  }

  /** @param {SocketState} state @param {number} code */
  #setState(state, code) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state, code);
  }
}
