/**
 * A supervisor's part in a call, on one page: asks the server, opens the audio, and the
 * microphone only when they are to be heard.
 */
import { t } from "../console/shell/i18n.js";
import { speaks } from "./labels.js";

/** @import {AudioEngine} from "../audio/engine.js" */
/** @import {Mode, Supervision} from "./labels.js" */
/** @import {Connection, SupervisionSocket} from "./socket.js" */
/**
 * @typedef {object} State
 * @property {Supervision | null} supervision what this page is in
 * @property {string | null} asked the call that a request goes on about
 * @property {boolean} muted
 * @property {boolean} blocked whether the browser waits for a click before it plays
 * @property {"idle" | "connecting" | "connected" | "lost" | "replaced" | "ended"} audio
 * @property {Connection} connection
 * @property {{call: string, text: string, tone: "problem" | "done"} | null} notice
 */

/** By which a reloaded page finds what it was in, and a second page does not. */
const KEPT = "supervision";
const AGAIN_MS = 1000;

export class SteppingIn extends EventTarget {
  #socket;
  #engine;
  #kept;
  #state = /** @type {State} */ ({
    supervision: null,
    asked: null,
    muted: false,
    blocked: false,
    audio: "idle",
    connection: "closed",
    notice: null,
  });
  /** The call that this page is in, whatever other pages of theirs do. */
  #mine = /** @type {string | null} */ (null);

  /**
   * Events: "change", when `state` is another.
   *
   * @param {SupervisionSocket} socket
   * @param {AudioEngine} engine
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} kept
   */
  constructor(socket, engine, kept = sessionStorage) {
    super();
    this.#socket = socket;
    this.#engine = engine;
    this.#kept = kept;
    this.#listen("message", socket, ({ message }) => this.#receive(message));
    this.#listen("connection", socket, ({ connection }) => this.#connected(connection));
    this.#listen("state", engine, ({ state }) => this.#heard(state));
    this.#listen("levels", engine, () => this.#lookAtSound());
    this.#listen("problem", engine, ({ code, message }) => {
      if (code !== "sound-blocked") this.#complain(message);
    });
  }

  get state() {
    return this.#state;
  }

  /** After a reload: goes on with what this page was in. */
  resume() {
    this.#mine = this.#kept.getItem(KEPT);
    if (this.#mine !== null) this.#socket.open();
  }

  /** @param {string} call @param {Mode} mode from a gesture, for the audio's sake */
  async stepIn(call, mode) {
    const { audio } = this.#state;
    const goesOn = call === this.#mine && audio === "connected";
    this.#change({ asked: call, notice: null, audio: goesOn ? audio : "idle" });
    try {
      await this.#engine.open({ microphone: speaks(mode) });
      if (speaks(mode)) await this.#engine.openMicrophone();
    } catch (error) {
      this.#change({ asked: null });
      this.#fail(call, error);
      return;
    }
    this.#keep(call);
    this.#socket.send("step_in", { call, mode });
  }

  stop() {
    this.#ask("stop");
  }

  hangUp() {
    this.#ask("hang_up");
  }

  toggleMute() {
    this.#mute(!this.#state.muted);
  }

  dismiss() {
    this.#change({ notice: null });
  }

  /** @param {string} type */
  #ask(type) {
    this.#change({ asked: this.#mine });
    this.#socket.send(type);
  }

  /** @param {any} message as in docs/supervision-websocket.md */
  #receive(message) {
    if (message.type === "problem") this.#refused(message.text);
    else if (message.type === "supervision") this.#told(message);
  }

  /** @param {string} text */
  #refused(text) {
    const call = this.#state.asked ?? this.#mine ?? "";
    const { supervision } = this.#state;
    this.#change({ asked: null, notice: { call, text: t(text), tone: "problem" } });
    if (supervision === null) this.#leave();
    else this.#keep(supervision.call);
    this.#follow();
  }

  /** @param {{supervision: Supervision | null, over: {call: string, text: string} | null}} told */
  #told({ supervision, over }) {
    // The answer to the greeting, before the one to what was asked.
    if (supervision === null && over === null && this.#state.asked !== null) return;
    const isMine = supervision !== null && supervision.call === this.#mine;
    const before = this.#state.supervision;
    this.#change({ supervision: isMine ? supervision : null, asked: null });
    if (isMine) {
      this.#follow();
      return;
    }
    if (over !== null && over.call === this.#mine && over.text !== "") {
      this.#change({ notice: { call: over.call, text: t(over.text), tone: "done" } });
    } else if (before !== null && supervision !== null) {
      const text = t("You stepped into another call in another window.");
      this.#change({ notice: { call: before.call, text, tone: "done" } });
    }
    this.#leave();
  }

  /** Brings the audio into the state that the server has told. */
  async #follow() {
    const { supervision } = this.#state;
    if (supervision === null) return;
    try {
      await this.#engine.open({ microphone: speaks(supervision.mode) });
      await this.#followMode(supervision.mode);
    } catch (error) {
      // Whom nobody can hear is not in the call: the mode is to be true.
      this.#fail(supervision.call, error);
      if (supervision.mode !== "take_over") this.stepIn(supervision.call, "listen");
      return;
    }
    if (supervision.audio_url === null) this.#engine.disconnect();
    else if (this.#state.audio !== "replaced")
      this.#engine.connect(supervision.audio_url);
  }

  /** @param {Mode} mode */
  async #followMode(mode) {
    if (speaks(mode)) {
      await this.#engine.openMicrophone();
    } else {
      this.#engine.closeMicrophone();
      this.#mute(false);
    }
  }

  /** @param {State["audio"]} audio */
  #heard(audio) {
    this.#change({ audio });
    // The node had let this page go, and the row says that it is in the call.
    if (audio === "ended") setTimeout(() => this.#follow(), AGAIN_MS);
  }

  #lookAtSound() {
    const blocked = this.#engine.soundState === "suspended";
    if (blocked !== this.#state.blocked) this.#change({ blocked });
  }

  /** @param {boolean} muted */
  #mute(muted) {
    this.#engine.muted = muted;
    if (muted !== this.#state.muted) this.#change({ muted });
  }

  /** @param {string} call */
  #keep(call) {
    this.#mine = call;
    this.#kept.setItem(KEPT, call);
  }

  #leave() {
    this.#mine = null;
    this.#kept.removeItem(KEPT);
    this.#socket.close();
    this.#mute(false);
    this.#change({ supervision: null, asked: null, audio: "idle" });
    this.#engine.close();
  }

  /** @param {Connection} connection */
  #connected(connection) {
    // Whether a request of before was heard is told with the next connection.
    this.#change(connection === "lost" ? { connection, asked: null } : { connection });
    if (connection !== "refused") return;
    const text = t("You are signed out, or may not listen to calls any more.");
    const call = this.#mine ?? "";
    this.#change({ notice: { call, text, tone: "problem" } });
    this.#leave();
  }

  /** @param {string} call @param {unknown} error */
  #fail(call, error) {
    const text = error instanceof Error ? error.message : String(error);
    this.#change({ notice: { call, text: t(text), tone: "problem" } });
  }

  /** @param {string} message */
  #complain(message) {
    this.#change({
      notice: { call: this.#mine ?? "", text: t(message), tone: "problem" },
    });
  }

  /** @param {Partial<State>} change */
  #change(change) {
    this.#state = { ...this.#state, ...change };
    this.dispatchEvent(new CustomEvent("change"));
  }

  /**
   * @param {string} type
   * @param {EventTarget} target
   * @param {(detail: any) => void} handle
   */
  #listen(type, target, handle) {
    target.addEventListener(type, (event) =>
      handle(/** @type {CustomEvent} */ (event).detail),
    );
  }
}
