/**
 * The sound of the console: microphone, speaker and the audio socket of one call. This
 * part lives on the page and only wires; sound itself runs in a worker and two worklets.
 */
import { AudioError, openMicrophone, requireAudio, stopStream } from "./microphone.js";
import { MicrophoneKeeper } from "./microphone-keeper.js";
import { SpeakerKeeper } from "./speaker-keeper.js";
import { SpeakerOutput } from "./speaker-output.js";
import { TwoEars } from "./two-ears.js";

/** @import {DeviceNews} from "./microphone-keeper.js" */
/** @import {Keeping} from "./rewind.js" */
/**
 * @typedef {object} EngineUrls
 * @property {string} workerUrl
 * @property {string} captureWorkletUrl
 * @property {string} playoutWorkletUrl
 * @property {"auto" | "pcm16"} [codec] "pcm16" leaves out WebCodecs even where it works
 */

const WORKER_READY_MS = 15_000;
const WORKER_CLOSE_MS = 1000;
const BLOCKED_AFTER_MS = 1000;
const GESTURES = ["pointerdown", "keydown"];

/**
 * Events, all with a `detail`:
 * - `state`: { state, code }; idle, connecting, connected, lost, replaced, ended
 * - `levels`, ten times a second: { microphone, speaker }, root mean square, 0..1; the
 *   microphone's also while muted, so that the console can warn who talks unheard;
 *   { flatMs } how long the microphone has given nothing at all, { packetMs } how long
 *   no packet has come in a connected call; { keptMs } how much could be heard again
 * - `rewind`: { playing, seconds, mono }; what the caller said last is heard once more,
 *   or no longer
 * - `echo`, ten times a second of a sound check: { networkMs, bufferMs, sent, returned,
 *   lost }, as in echo.js
 * - `report`, every two seconds of a call: { bufferMs, targetMs, underruns, concealedMs,
 *   acceleratedMs, expandedMs, droppedMs, received, lost, late, bad, sent, notSent,
 *   microphoneFlat, bufferedAmount, codec }, sums since `connect`; { pushes } frames
 *   given to the player since `open`
 * - `device`: { code, label, lost }, as in microphone-keeper.js: which one is used now
 * - `problem`: { code, message }; microphone-denied, microphone-busy, speaker-ended,
 *   sound-blocked, codec-failed, engine-failed
 */
export class AudioEngine extends EventTarget {
  #urls;
  #opening = /** @type {Promise<void> | null} */ (null);
  #open = false;
  #muted = false;
  #url = /** @type {string | null} */ (null);
  #echo = false;
  #microphoneKeeper = /** @type {MicrophoneKeeper | null} */ (null);
  #speakerKeeper = /** @type {SpeakerKeeper | null} */ (null);
  #captureContext = /** @type {AudioContext | null} */ (null);
  #playoutContext = /** @type {AudioContext | null} */ (null);
  #microphone = /** @type {MediaStreamAudioSourceNode | null} */ (null);
  #captureNode = /** @type {AudioWorkletNode | null} */ (null);
  #playoutNode = /** @type {AudioWorkletNode | null} */ (null);
  #ears = /** @type {TwoEars | null} */ (null);
  #output = /** @type {SpeakerOutput | null} */ (null);
  #keeping = /** @type {Keeping} */ ("off");
  #replay = 0;
  #worker = /** @type {Worker | null} */ (null);
  #devicesFollowed = Promise.resolve();
  #follow = () => {
    this.#devicesFollowed = this.#devicesFollowed.then(() => this.#followDevices());
  };
  #resume = () => {
    if (this.hasMicrophone) this.#captureContext?.resume();
    this.#playoutContext?.resume();
  };

  /** @param {EngineUrls} urls hashed names, hence given by the template */
  constructor(urls) {
    super();
    this.#urls = urls;
  }

  get isOpen() {
    return this.#open;
  }

  /**
   * Return whether incoming audio would be heard.
   *
   * @returns {"running" | "suspended" | "closed" | "none"}
   */
  get soundState() {
    const state = this.#open ? this.#playoutContext?.state : undefined;
    if (state === undefined) return "none";
    // The state that some browsers call interrupted is silent, too.
    return state === "running" || state === "closed" ? state : "suspended";
  }

  /** @returns {"live" | "muted" | "ended" | "none"} muted by the system */
  get microphoneState() {
    const track = this.#microphoneKeeper?.stream?.getAudioTracks()[0];
    if (track === undefined) return "none";
    return track.readyState === "live" && track.muted ? "muted" : track.readyState;
  }

  /**
   * Opens microphone and speaker; to be called from a user's gesture, or after a reload.
   *
   * @param {{microphoneId?: string, speakerId?: string, microphone?: boolean}} [devices]
   *   without a microphone it only hears, until `openMicrophone`
   * @throws {AudioError} with a code and a sentence for the agent
   */
  async open({ microphoneId = "", speakerId = "", microphone = true } = {}) {
    if (this.#open) return;
    this.#opening ??= this.#openAll(microphone, microphoneId, speakerId).finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  get hasMicrophone() {
    return this.#microphoneKeeper !== null;
  }

  /**
   * Opens the microphone of an engine that only hears.
   *
   * @throws {AudioError} with a code and a sentence for whoever wanted to speak
   */
  async openMicrophone(microphoneId = "") {
    if (!this.#open || this.hasMicrophone) return;
    const stream = await openMicrophone(microphoneId);
    if (!this.#open || this.hasMicrophone) {
      stopStream(stream);
      return;
    }
    this.#keepMicrophone(stream, microphoneId);
    this.#captureContext?.resume();
  }

  /** Gives the microphone back and goes on hearing. */
  closeMicrophone() {
    this.#microphone?.disconnect();
    this.#microphoneKeeper?.close();
    this.#microphone = this.#microphoneKeeper = null;
    this.#captureContext?.suspend();
  }

  /**
   * @param {string} url of a call's audio socket, or its path on this host
   * @param {{echo?: boolean}} [options] echo: it sends back what it gets, to be measured
   *   and heard a second later
   */
  connect(url, { echo = false } = {}) {
    this.backToLive();
    const address = new URL(url, location.href);
    address.protocol = address.protocol.replace(/^http/, "ws");
    this.#url = address.href;
    this.#echo = echo;
    this.#post({ type: "connect", url: this.#url, echo });
  }

  disconnect() {
    this.backToLive();
    this.#url = null;
    this.#post({ type: "disconnect" });
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#post({ type: "mute", muted });
  }

  /**
   * @param {Keeping} keeping whether what is heard is kept, to be heard again; it stays
   *   in the worker's memory for 20 s, and no longer than the call
   */
  keep(keeping) {
    if (keeping === this.#keeping) return;
    this.#keeping = keeping;
    if (keeping === "off") this.backToLive();
    this.#post({ type: "keep", keeping });
  }

  /** Plays what is kept in the right ear; the call goes on in the left one. */
  rewind() {
    this.#replay += 1;
    this.#post({ type: "rewind", replay: this.#replay });
  }

  backToLive() {
    this.#replay += 1;
    const wasPlaying = this.#ears?.isPlaying ?? false;
    this.#ears?.stop();
    if (wasPlaying) this.#rewinds(0);
  }

  /** How much is still to be heard again, in whole milliseconds. */
  get rewindLeftMs() {
    return this.#ears?.leftMs ?? 0;
  }

  /**
   * Changes the microphone, in a call without a gap.
   *
   * @param {string} id
   * @throws {AudioError} the old one goes on
   */
  async useMicrophone(id) {
    await this.#microphoneKeeper?.use(id);
  }

  /**
   * @param {string} id "" is the system's default
   * @throws {DOMException} the old one goes on
   */
  async useSpeaker(id) {
    await this.#speakerKeeper?.use(id);
  }

  /** Gives everything back; may be called at any time and twice. */
  async close() {
    await this.#opening?.catch(() => {});
    this.#url = null;
    await this.#closeAll();
  }

  /**
   * @param {boolean} microphone
   * @param {string} microphoneId
   * @param {string} speakerId
   */
  async #openAll(microphone, microphoneId, speakerId) {
    requireAudio();
    // First the microphone: while it runs, audio contexts may start without a gesture.
    const stream = microphone ? await openMicrophone(microphoneId) : null;
    try {
      await this.#build();
      if (stream !== null) this.#keepMicrophone(stream, microphoneId);
      else this.#captureContext?.suspend();
      this.#open = true;
      this.#resume();
    } catch (error) {
      stopStream(stream);
      await this.#closeAll();
      throw new AudioError("unsupported", "The audio could not start.", error);
    }
    navigator.mediaDevices.addEventListener("devicechange", this.#follow);
    this.#watchBlocked();
    await this.#speakerKeeper?.start(speakerId);
    this.#follow();
    this.#post({ type: "mute", muted: this.#muted });
    this.#post({ type: "keep", keeping: this.#keeping });
    if (this.#url !== null) {
      this.#post({ type: "connect", url: this.#url, echo: this.#echo });
    }
  }

  async #build() {
    // Two contexts: opening a speaker may stop a context for a second, and the
    // microphone must not stop with it.
    this.#captureContext = createContext(true);
    this.#playoutContext = createContext(false);
    await Promise.all([
      this.#captureContext.audioWorklet.addModule(this.#urls.captureWorkletUrl),
      this.#playoutContext.audioWorklet.addModule(this.#urls.playoutWorkletUrl),
    ]);
    this.#captureNode = new AudioWorkletNode(this.#captureContext, "capture", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.#captureNode.connect(this.#captureContext.destination);
    this.#playoutNode = new AudioWorkletNode(this.#playoutContext, "playout", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#ears = new TwoEars(this.#playoutContext, this.#playoutNode);
    this.#output = new SpeakerOutput(this.#playoutContext, this.#ears.output);
    this.#speakerKeeper = new SpeakerKeeper(this.#output, (news) => this.#news(news));
    await this.#startWorker(this.#captureNode, this.#playoutNode);
  }

  /** @param {AudioWorkletNode} captureNode @param {AudioWorkletNode} playoutNode */
  async #startWorker(captureNode, playoutNode) {
    const worker = new Worker(this.#urls.workerUrl, { type: "module" });
    this.#worker = worker;
    const capture = new MessageChannel();
    const playout = new MessageChannel();
    captureNode.port.postMessage({ port: capture.port1 }, [capture.port1]);
    playoutNode.port.postMessage({ port: playout.port1 }, [playout.port1]);
    const ready = readyWorker(worker);
    const ports = { capture: capture.port2, playout: playout.port2 };
    const codec = this.#urls.codec ?? "auto";
    worker.postMessage({ type: "start", codec, ...ports }, Object.values(ports));
    await ready;
    worker.onmessage = ({ data: { type, ...detail } }) => this.#told(type, detail);
    worker.onerror = ({ message }) => this.#problem("engine-failed", message);
  }

  /** @param {string} type @param {{state?: string}} detail */
  #told(type, detail) {
    if (type === "rewound") {
      this.#rewound(/** @type {any} */ (detail));
      return;
    }
    if (detail.state === "ended" || detail.state === "replaced") {
      this.#url = null;
      this.backToLive();
    }
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {{replay: number, samples: Float32Array<ArrayBuffer>}} heard */
  #rewound({ replay, samples }) {
    if (replay !== this.#replay || samples.length === 0) return;
    this.#ears?.play(samples, () => this.#rewinds(0));
    this.#rewinds(samples.length / 48_000);
  }

  /** @param {number} seconds to be heard again; none: back to the call alone */
  #rewinds(seconds) {
    const detail = { playing: seconds > 0, seconds, mono: this.#ears?.isMono ?? false };
    this.dispatchEvent(new CustomEvent("rewind", { detail }));
  }

  /** @param {MediaStream} stream @param {string} id */
  #keepMicrophone(stream, id) {
    const parts = {
      open: openMicrophone,
      list: () => navigator.mediaDevices.enumerateDevices(),
      attach: (/** @type {MediaStream} */ next) => this.#attach(next),
      tell: (/** @type {DeviceNews} */ news) => this.#news(news),
      fail: (/** @type {AudioError} */ { code, message }) =>
        this.#problem(code, message),
    };
    this.#microphoneKeeper = new MicrophoneKeeper(parts, stream, id);
  }

  /** @param {MediaStream} stream takes the place of the one before, without a gap */
  #attach(stream) {
    const context = /** @type {AudioContext} */ (this.#captureContext);
    const source = context.createMediaStreamSource(stream);
    source.connect(/** @type {AudioWorkletNode} */ (this.#captureNode));
    this.#microphone?.disconnect();
    this.#microphone = source;
  }

  async #followDevices() {
    if (!this.#open) return;
    await this.#microphoneKeeper?.follow();
    try {
      const devices = await navigator.mediaDevices.enumerateDevices();
      if (this.#open) await this.#speakerKeeper?.follow(devices);
    } catch {
      this.#problem("speaker-ended", "The chosen speaker cannot be used.");
    }
  }

  /** @param {DeviceNews} detail */
  #news(detail) {
    this.dispatchEvent(new CustomEvent("device", { detail }));
  }

  /** A context that may not start yet starts at the next gesture. */
  #watchBlocked() {
    for (const gesture of GESTURES) window.addEventListener(gesture, this.#resume);
    const context = /** @type {AudioContext} */ (this.#playoutContext);
    const check = () => {
      if (context !== this.#playoutContext || context.state === "running") return;
      this.#problem("sound-blocked", "Click anywhere to hear the call.");
    };
    context.onstatechange = check;
    setTimeout(check, BLOCKED_AFTER_MS);
  }

  async #closeAll() {
    this.backToLive();
    this.#open = false;
    navigator.mediaDevices?.removeEventListener("devicechange", this.#follow);
    for (const gesture of GESTURES) window.removeEventListener(gesture, this.#resume);
    const worker = this.#worker;
    worker?.postMessage({ type: "close" });
    // Closing by itself it still says goodbye to the node; should it hang, it is ended.
    setTimeout(() => worker?.terminate(), WORKER_CLOSE_MS);
    this.#captureNode?.port.postMessage({ stop: true });
    this.#playoutNode?.port.postMessage({ stop: true });
    this.#output?.close();
    this.#microphone?.disconnect();
    this.#microphoneKeeper?.close();
    const contexts = [this.#captureContext, this.#playoutContext];
    this.#worker = this.#captureNode = this.#playoutNode = null;
    this.#output = this.#microphone = this.#ears = null;
    this.#microphoneKeeper = this.#speakerKeeper = null;
    this.#captureContext = this.#playoutContext = null;
    await Promise.all(contexts.map((context) => context?.close()));
  }

  /** @param {object} message */
  #post(message) {
    this.#worker?.postMessage(message);
  }

  /** @param {string} code @param {string} message */
  #problem(code, message) {
    this.dispatchEvent(new CustomEvent("problem", { detail: { code, message } }));
  }
}

/** @param {boolean} silent needs no speaker at all, where the browser can do without */
function createContext(silent) {
  const options = { sampleRate: 48_000, latencyHint: "interactive" };
  if (silent) Object.assign(options, { sinkId: { type: "none" } });
  return new AudioContext(/** @type {AudioContextOptions} */ (options));
}

/** @param {Worker} worker @returns {Promise<void>} rejects when it does not start */
function readyWorker(worker) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject("no answer"), WORKER_READY_MS);
    worker.onmessage = () => resolve(clearTimeout(timer));
    worker.onerror = ({ message }) => reject(message ?? "the worker was not loaded");
  });
}
