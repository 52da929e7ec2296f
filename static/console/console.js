/** The console: carries what happens to the store, and the store's state to all. */

import { ServerClock } from "./clock.js";
import { OutVerbs } from "./out-verbs.js";
import { Quality } from "./quality.js";
import { Ringback } from "./ringback.js";
import { Ringing } from "./ringing.js";
import { isSignedOut } from "./sign-in.js";
import { Sound } from "./sound.js";
import { Store } from "./store.js";
import { Verbs } from "./verbs.js";
import { Screen } from "./views/screen.js";

/** @import {Devices, Role} from "../audio/devices.js" */
/** @import {AudioEngine} from "../audio/engine.js" */
/** @import {Ringer} from "../audio/ringer.js" */
/** @import {Help} from "./help.js" */
/** @import {Keyboard} from "./keyboard.js" */
/** @import {Notifier} from "./notifier.js" */
/** @import {Pulse} from "./pulse.js" */
/** @import {Report} from "./quality.js" */
/** @import {ConsoleSocket} from "./socket.js" */
/** @import {Actions} from "./views/screen.js" */

const DRAW_EVERY_MS = 250;
const TELL_QUALITY_MS = 5_000;

/**
 * @typedef {object} Parts
 * @property {HTMLElement} root
 * @property {string} signInAddress
 * @property {ConsoleSocket} socket
 * @property {Pulse} pulse
 * @property {Keyboard} keyboard
 * @property {Notifier} notifier
 * @property {Help} help
 * @property {AudioEngine} engine
 * @property {Devices} devices
 * @property {Ringer} ringer
 * @property {Ringer} chime
 * @property {Ringer} ringback
 */

export class Console {
  #parts;
  #store = new Store();
  #clock = new ServerClock();
  #quality = new Quality();
  #sound;
  #verbs;
  #outVerbs;
  #ringback;
  #ringing;
  #screen;
  #toldAt = 0;

  /** @param {Parts} parts */
  constructor(parts) {
    const { socket, notifier, engine, devices, ringer, chime } = parts;
    this.#parts = parts;
    this.#sound = new Sound(engine, ringer, devices, this.#store);
    this.#verbs = new Verbs(this.#store, socket, this.#sound, notifier);
    this.#outVerbs = new OutVerbs(this.#store, socket, this.#sound);
    this.#ringback = new Ringback(parts.ringback);
    this.#ringing = new Ringing(ringer, chime, notifier, (call) =>
      socket.send("rings", { call }),
    );
    this.#screen = new Screen(parts.root, this.#actions(), parts.signInAddress);
  }

  start() {
    const { socket, pulse, keyboard } = this.#parts;
    this.#store.addEventListener("change", (event) => this.#changed(event));
    this.#listenToServer();
    this.#listenToEngine();
    this.#on(keyboard, "verb", ({ verb }) => this.#pressed(verb));
    pulse.addEventListener("tick", () => this.#tick());
    window.addEventListener("online", () => this.#reconnect());
    setInterval(() => this.#draw(), DRAW_EVERY_MS);
    // Browsers that put idle pages to sleep leave those alone that hold a lock.
    navigator.locks?.request(
      "console",
      { mode: "shared" },
      () => new Promise(() => {}),
    );
    this.#draw();
    this.#parts.devices.refresh();
    socket.open();
  }

  #listenToServer() {
    const { socket, signInAddress } = this.#parts;
    this.#on(socket, "message", ({ message }) => this.#receive(message));
    this.#on(socket, "connection", ({ connection }) =>
      this.#store.dispatch({ type: "connection", connection }),
    );
    socket.addEventListener("signedout", () => location.assign(signInAddress));
    socket.addEventListener("unreachable", async () => {
      if (await isSignedOut(location.pathname)) {
        location.assign(signInAddress);
      }
    });
  }

  #listenToEngine() {
    const { engine } = this.#parts;
    this.#on(engine, "state", ({ state }) =>
      this.#store.dispatch({ type: "audio", audio: state }),
    );
    this.#on(engine, "levels", (levels) => {
      this.#screen.showLevels(levels);
      this.#ringback.hears(levels.speaker);
    });
    this.#on(engine, "report", (report) => this.#report(report));
    this.#on(engine, "problem", ({ message }) => {
      this.#store.dispatch({ type: "opened", open: engine.isOpen });
      this.#store.dispatch({
        type: "note",
        note: { who: "", text: message, tone: "problem" },
      });
    });
  }

  /** @param {any} message as in docs/console-websocket.md */
  #receive(message) {
    if (message.type === "console") {
      this.#clock.reset();
    }
    if (message.server_time) {
      this.#clock.observe(message.server_time, performance.now());
    }
    const first = !this.#store.state.loaded;
    const isBack = this.#store.state.connection !== "online";
    this.#store.dispatch(message);
    if (message.type === "person") {
      this.#outVerbs.heard(message);
    }
    if (message.type === "console" && isBack) {
      this.#verbs.repeatMute();
      this.#outVerbs.repeatLookUp();
      if (first) {
        this.#verbs.resume();
      }
    }
  }

  /** @param {Event} event */
  #changed(event) {
    const { previous } = /** @type {CustomEvent} */ (event).detail;
    const { state } = this.#store;
    if (state.soundHere !== previous.soundHere) {
      this.#quality.reset();
    }
    this.#draw();
    this.#ringing.follow(state);
    this.#outVerbs.follow();
    this.#ringback.follow(state, this.#parts.devices.speakerId);
    this.#sound.follow(state);
  }

  #tick() {
    this.#parts.socket.tick(performance.now());
    this.#store.dispatch({ type: "tick" });
    this.#outVerbs.tick(this.#clock.now(performance.now()));
  }

  #reconnect() {
    if (!this.#parts.socket.isOpen) {
      this.#parts.socket.open();
    }
  }

  /** @param {Report} report */
  #report(report) {
    const now = performance.now();
    this.#quality.add(report);
    const call = this.#store.state.soundHere;
    if (call !== null && now - this.#toldAt >= TELL_QUALITY_MS) {
      this.#toldAt = now;
      this.#parts.socket.send("quality", { call, report });
    }
  }

  #draw() {
    const { state } = this.#store;
    this.#screen.draw({
      state,
      now: this.#clock.now(performance.now()),
      devices: this.#parts.devices,
      quality: this.#quality.verdict(state.audio),
      opening: this.#sound.isOpening,
    });
  }

  /** @returns {Actions} */
  #actions() {
    const verbs = this.#verbs;
    const out = this.#outVerbs;
    return {
      typeNumber: (number, pasted) => out.typeNumber(number, pasted),
      finishNumber: (again) => out.finishNumber(again),
      chooseLine: (line) => out.chooseLine(line),
      callPerson: () => out.callPerson(),
      askPerson: () => out.askPerson(),
      callPlan: (plan) => out.callPlan(plan),
      dropPlan: (plan) => out.dropPlan(plan),
      putOff: (plan) => out.putOff(plan),
      goAvailable: () => verbs.goAvailable(),
      takeBreak: () => verbs.takeBreak(),
      goOffline: () => verbs.goOffline(),
      answer: (id) => verbs.answer(id),
      decline: (id) => verbs.decline(id),
      hangUp: () => verbs.hangUp(),
      toggleMute: () => verbs.toggleMute(),
      takeSound: () => this.#store.dispatch({ type: "takeSound" }),
      openSound: () => this.#sound.open(),
      useDevice: (role, id) => this.#useDevice(role, id),
      reconnect: () => this.#reconnect(),
      dismiss: (id) => this.#store.dispatch({ type: "dismiss", id }),
      help: () => this.#parts.help.open(),
    };
  }

  /**
   * @param {Role} role
   * @param {string} id
   */
  #useDevice(role, id) {
    this.#sound.use(role, id);
    if (role === "speaker") {
      this.#ringback.useSpeaker(id);
    }
  }

  /** @param {string} verb */
  #pressed(verb) {
    const verbs = this.#verbs;
    /** @type {Record<string, () => void>} */
    const keys = {
      answer: () => verbs.answer(),
      decline: () => verbs.decline(),
      mute: () => verbs.toggleMute(),
      hang_up: () => verbs.hangUp(),
      number: () => this.#screen.focusNumber(),
      help: () => this.#parts.help.open(),
    };
    keys[verb]?.();
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(detail: any) => void} handle
   */
  #on(target, type, handle) {
    target.addEventListener(type, (event) =>
      handle(/** @type {CustomEvent} */ (event).detail),
    );
  }
}
