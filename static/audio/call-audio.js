/**
 * Everything between the two worklets and the node, as it runs in the audio worker: the
 * page's main thread, however busy, is not in the path of sound.
 */
import { AudioSocket } from "./audio-socket.js";
import { Echo } from "./echo.js";
import { Incoming } from "./incoming.js";
import { HOLD_MS } from "./jitter-buffer.js";
import { OpusDecoder, OpusEncoder } from "./opus-codec.js";
import { encodePcm, PcmDecoder } from "./pcm.js";
import { decodeKept, RewindBuffer } from "./rewind.js";
import { Uplink } from "./uplink.js";
import { OPUS, PCM } from "./wire.js";

/** @import {Decoder, Player} from "./downlink.js" */
/** @import {Play} from "./incoming.js" */
/** @import {PlayoutReport} from "./playout.js" */
/** @import {Keeping} from "./rewind.js" */
/** @import {SocketState} from "./audio-socket.js" */
/**
 * @typedef {object} CodecSupport
 * @property {boolean} opus
 * @property {boolean} conceals
 */

export const TICK_MS = 100;
const REPORT_TICKS = 20;
/** Half a second of each codec may wait in the socket. */
const WAITING_BYTES = { [OPUS]: 2000, [PCM]: 48_000 };
const CODEC_FAILURES_MAX = 5;

export class CallAudio {
  #tell;
  #support;
  #opus;
  #encoder;
  #uplink;
  #rewind = new RewindBuffer();
  #replay = 0;
  #incoming;
  #socket;
  #url = /** @type {string | null} */ (null);
  #echo = /** @type {Echo | null} */ (null);
  #packetAt = 0;
  #failures = { encoder: 0, decoder: 0 };
  #ticks = 0;
  #holdTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /**
   * @param {object} options
   * @param {Player} options.player
   * @param {(message: object, transfer?: Transferable[]) => void} options.tell to the page
   * @param {CodecSupport} options.support
   */
  constructor({ player, tell, support }) {
    this.#tell = tell;
    this.#support = support;
    this.#opus = support.opus;
    this.#uplink = new Uplink((message) => this.#send(message));
    this.#incoming = new Incoming(
      player,
      (kind, play) => this.#createDecoder(kind, play),
      (playable) => this.#rewind.hear(playable),
    );
    this.#encoder = new OpusEncoder(
      (packet) => this.#encoded(packet),
      (error) => this.#codecFailed("encoder", error),
    );
    this.#socket = new AudioSocket({
      onState: (state, code) => this.#stateChanged(state, code),
      onOpen: () => this.#beginStream(),
      onMessage: (message) => this.#received(message),
    });
  }

  /**
   * @param {string} url without the codec and the streams, which are chosen here
   * @param {boolean} echo whether it sends back what it gets
   */
  connect(url, echo = false) {
    if (this.#url === url) return;
    this.#url = url;
    this.#echo = echo ? new Echo() : null;
    this.#restart();
    this.#socket.connect(this.#asked(url));
  }

  disconnect() {
    this.#url = null;
    this.#echo = null;
    this.#socket.disconnect();
    this.#restart();
  }

  /** The network is back. */
  retryNow() {
    this.#socket.retryNow();
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#uplink.muted = muted;
  }

  /** @param {Keeping} keeping what becomes of the audio that has come, and comes */
  keep(keeping) {
    this.#rewind.keeping = keeping;
  }

  /**
   * Decodes what is kept and tells it to the page.
   *
   * @param {number} replay its number; a newer one, or the end of the call, stops it
   */
  async rewind(replay) {
    this.#replay = replay;
    const isWanted = () => this.#replay === replay;
    let isBroken = false;
    const samples = await decodeKept(
      this.#rewind.all(),
      (kind, take) => this.#newDecoder(kind, take, () => (isBroken = true)),
      () => isWanted() && !isBroken,
    );
    if (!isWanted()) return;
    const heard = isBroken ? new Float32Array(0) : samples;
    this.#tell({ type: "rewound", replay, samples: heard }, [heard.buffer]);
  }

  /** @param {Float32Array<ArrayBuffer>} samples @param {number} ageMs since captured */
  captured(samples, ageMs) {
    this.#uplink.prepare(samples);
    if (this.#socket.state !== "connected") return;
    if (this.#uplink.tooOld(ageMs)) this.#uplink.skip();
    else if (!this.#opus) this.#uplink.send(PCM, encodePcm(samples));
    else if (!this.#encode(samples)) this.#uplink.skip();
  }

  /** @param {PlayoutReport & {stream?: number}} report */
  played(report) {
    this.#incoming.played(report);
  }

  /** Ten times a second. */
  tick() {
    const now = performance.now();
    this.#socket.tick();
    this.#tell({
      type: "levels",
      microphone: this.#uplink.takeLoudness(),
      speaker: this.#incoming.loudness,
      flatMs: this.#uplink.flatMs(now),
      packetMs: this.#socket.state === "connected" ? now - this.#packetAt : 0,
      keptMs: this.#rewind.ms,
    });
    this.#tellEcho();
    this.#ticks = (this.#ticks + 1) % REPORT_TICKS;
    if (this.#ticks === 0) this.#report();
  }

  close() {
    this.#forget();
    clearTimeout(this.#holdTimer);
    this.#socket.disconnect();
    this.#closeCodecs();
  }

  #tellEcho() {
    if (this.#echo === null) return;
    const { networkMs, sent, returned, lost } = this.#echo;
    const bufferMs = this.#incoming.report().targetMs;
    this.#tell({ type: "echo", networkMs, bufferMs, sent, returned, lost });
  }

  #report() {
    const microphoneFlat = this.#uplink.takeFlat();
    if (this.#url === null) return;
    this.#tell({
      type: "report",
      ...this.#incoming.report(),
      sent: this.#uplink.sent,
      notSent: this.#uplink.dropped,
      microphoneFlat,
      bufferedAmount: this.#socket.bufferedAmount,
      codec: this.#opus ? "opus" : "pcm16",
    });
  }

  /** What was kept is gone, also what of it is being decoded. */
  #forget() {
    this.#rewind.clear();
    this.#replay = 0;
  }

  #restart() {
    this.#forget();
    this.#uplink.restart();
    this.#incoming.restart();
    this.#closeCodecs();
  }

  #beginStream() {
    this.#packetAt = performance.now();
    this.#uplink.beginStream();
    this.#incoming.beginStream();
    this.#closeCodecs();
  }

  #closeCodecs() {
    this.#encoder.close();
    this.#incoming.closeDecoders();
  }

  /** @param {SocketState} state @param {number} code */
  #stateChanged(state, code) {
    if (state === "ended" || state === "replaced") {
      this.#url = null;
      this.#forget();
    }
    this.#tell({ type: "state", state, code });
  }

  /** @param {Float32Array<ArrayBuffer>} samples @returns {boolean} */
  #encode(samples) {
    try {
      return this.#encoder.encode(samples);
    } catch (error) {
      this.#codecFailed("encoder", error);
      return false;
    }
  }

  /** @param {Uint8Array} packet */
  #encoded(packet) {
    this.#failures.encoder = 0;
    this.#uplink.send(OPUS, packet);
  }

  /** @param {Uint8Array<ArrayBuffer>} message */
  #send(message) {
    const limit = WAITING_BYTES[this.#opus ? OPUS : PCM];
    const isTaken = this.#socket.send(message, limit);
    if (isTaken) this.#echo?.leaves(message, performance.now());
    return isTaken;
  }

  /** @param {ArrayBuffer} message */
  #received(message) {
    const now = performance.now();
    this.#packetAt = now;
    if (this.#echo === null) this.#hear(message, now);
    else this.#returned(this.#echo, message, now);
  }

  /**
   * Whatever is due of what came back a second ago is heard with each frame that comes.
   *
   * @param {Echo} echo
   * @param {ArrayBuffer} message
   * @param {number} now
   */
  #returned(echo, message, now) {
    try {
      echo.returns(message, now);
    } catch {
      return; // No frame at all.
    }
    for (const due of echo.take(now)) this.#hear(due, now);
  }

  /** @param {ArrayBuffer} message @param {number} now */
  #hear(message, now) {
    try {
      this.#incoming.receive(message, now);
    } catch (error) {
      this.#codecFailed("decoder", error);
    }
    if (!this.#incoming.holding || this.#holdTimer !== undefined) return;
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#incoming.tick(performance.now());
    }, HOLD_MS + 1);
  }

  /**
   * @param {number} kind
   * @param {Play} play
   * @returns {Decoder | null}
   */
  #createDecoder(kind, play) {
    if (kind === OPUS && !this.#support.opus) return null;
    /** @param {Float32Array<ArrayBuffer>} samples */
    const decoded = (samples) => {
      this.#failures.decoder = 0;
      play(samples);
    };
    return this.#newDecoder(kind, decoded, (error) =>
      this.#codecFailed("decoder", error),
    );
  }

  /**
   * @param {number} kind
   * @param {(samples: Float32Array<ArrayBuffer>) => void} onSamples
   * @param {(error: unknown) => void} onError
   */
  #newDecoder(kind, onSamples, onError) {
    if (kind === PCM) return new PcmDecoder(onSamples);
    return new OpusDecoder(onSamples, onError, this.#support.conceals);
  }

  /**
   * A codec that failed is replaced at its next packet; one that does nothing but fail
   * is given up, and from then on the node decodes and encodes.
   *
   * @param {"encoder" | "decoder"} codec
   * @param {unknown} error
   */
  #codecFailed(codec, error) {
    this.#failures[codec] += 1;
    if (!this.#opus || this.#failures[codec] < CODEC_FAILURES_MAX) return;
    this.#tell({ type: "problem", code: "codec-failed", message: String(error) });
    this.#opus = false;
    if (this.#url !== null) this.#socket.connect(this.#asked(this.#url));
  }

  /** @param {string} url */
  #asked(url) {
    const address = new URL(url);
    if (!this.#opus) address.searchParams.set("codec", "pcm16");
    address.searchParams.set("streams", "many");
    return address.href;
  }
}
