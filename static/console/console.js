/** The console: carries what happens to the store, and the store's state to all. */

import { Sound } from "./audio-devices/audio-session.js";
import { Verbs } from "./call/controls.js";
import { Quality } from "./call/quality.js";
import { Desk } from "./desk.js";
import { OutVerbs } from "./dialing/commands.js";
import { Ringback } from "./dialing/ringback.js";
import { Duty } from "./duty.js";
import { Ringing } from "./ringing/alerts.js";
import { Screen } from "./screen.js";
import { ServerClock } from "./shell/clock.js";
import { t } from "./shell/i18n.js";
import { isSignedOut } from "./shell/sign-in.js";
import { situationOf } from "./state/participants.js";
import { Store } from "./state/store.js";

/** @import {Devices, Role} from "../audio/devices.js" */
/** @import {AudioEngine} from "../audio/engine.js" */
/** @import {Ringer} from "../audio/ringer.js" */
/** @import {Help} from "./shell/help.js" */
/** @import {Keyboard} from "./shell/keyboard.js" */
/** @import {Notifier} from "./shell/notifier.js" */
/** @import {Pulse} from "./shell/ticker.js" */
/** @import {Report} from "./call/quality.js" */
/** @import {ConsoleSocket} from "./shell/socket.js" */
/** @import {State} from "./state/store.js" */
/** @import {Actions} from "./screen.js" */

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
 * @property {Ringer} holdTone
 * @property {Ringer} testRing
 * @property {HTMLDialogElement} transferDialog
 */

export class Console {
  #parts;
  #store = new Store();
  #clock = new ServerClock();
  #quality = new Quality();
  #sound;
  #verbs;
  #outVerbs;
  #duty;
  #desk;
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
    this.#duty = new Duty(parts, this.#store, this.#verbs, () => this.#now);
    this.#desk = new Desk(parts, this.#store, this.#sound);
    this.#ringback = new Ringback(parts.ringback);
    this.#ringing = new Ringing(
      ringer,
      chime,
      notifier,
      (call) => socket.send("rings", { call }),
      () => !document.hidden,
    );
    this.#screen = new Screen(parts.root, this.#actions(), parts.signInAddress);
  }

  start() {
    const { socket, pulse, keyboard } = this.#parts;
    this.#store.addEventListener("change", (event) => this.#changed(event));
    this.#listenToServer();
    this.#listenToEngine();
    this.#on(keyboard, "verb", ({ verb }) => this.#pressed(verb));
    this.#on(pulse, "tick", ({ late }) => this.#tick(late));
    window.addEventListener("online", () => this.#reconnect());
    this.#duty.start();
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
    this.#on(engine, "state", ({ state }) => {
      if (this.#desk.check.isRunning) {
        this.#desk.check.connected(state);
      } else {
        this.#store.dispatch({ type: "audio", audio: state });
      }
    });
    this.#on(engine, "echo", (echo) => this.#desk.check.measured(echo));
    this.#on(engine, "device", (news) => this.#desk.device(news));
    this.#on(engine, "levels", ({ microphone, speaker, ...pulse }) => {
      this.#screen.showLevels({ microphone, speaker });
      this.#desk.check.hears(microphone);
      this.#quality.feel(pulse);
      this.#duty.hears(pulse.flatMs);
      this.#ringback.hears(speaker);
    });
    this.#on(engine, "report", (report) => this.#report(report));
    this.#on(engine, "problem", ({ message }) => {
      this.#store.dispatch({ type: "opened", open: engine.isOpen });
      this.#store.dispatch({
        type: "note",
        note: { who: "", text: t(message), tone: "problem" },
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
    const before = this.#store.state;
    if (message.type === "saved") {
      this.#duty.work.saved(message);
    }
    const isOld =
      message.type === "problem" && this.#duty.work.refused(message.request);
    if (isOld) {
      return;
    }
    this.#store.dispatch(message);
    if (message.type === "person") {
      this.#outVerbs.heard(message);
    } else if (message.type === "sound" && message.call === before.soundHere) {
      this.#quality.hear(message);
    } else if (message.type === "replaced") {
      this.#sound.close();
    } else if (message.type === "console") {
      this.#told(before);
    }
  }

  /**
   * After the server has told everything.
   * @param {State} before
   */
  #told(before) {
    const { primary } = this.#store.state.shift;
    if (before.connection !== "online") {
      this.#verbs.repeatMute();
      this.#outVerbs.repeatLookUp();
      this.#duty.work.back();
      this.#desk.card.repeat();
    }
    if (!primary) {
      this.#sound.close();
    } else if (!before.loaded || !before.shift.primary) {
      this.#verbs.resume();
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
    this.#duty.work.follow();
    this.#desk.follow(state);
    this.#ringback.follow(state, this.#parts.devices.speakerId);
    this.#sound.follow(state);
  }

  /** @param {number} late milliseconds that the page was late for this */
  #tick(late) {
    const now = performance.now();
    this.#duty.tick(late, now);
    this.#store.dispatch({ type: "tick" });
    const serverNow = this.#now;
    this.#outVerbs.tick(serverNow);
    this.#desk.tick(now, serverNow);
  }

  get #now() {
    return this.#clock.now(performance.now());
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
    const remedy = this.#duty.remedy();
    this.#screen.draw({
      state,
      now: this.#now,
      devices: this.#parts.devices,
      quality: this.#quality.verdict(situationOf(state), performance.now()),
      remedy,
      opening: this.#sound.isOpening,
    });
    this.#desk.draw(state);
  }

  /** @returns {Actions} */
  #actions() {
    const verbs = this.#verbs;
    const out = this.#outVerbs;
    return {
      shift: this.#duty.shift,
      work: this.#duty.work,
      turnSoundOn: () => this.#sound.restore(),
      chooseMicrophone: () => this.#screen.focusMicrophones(),
      typeNumber: (number, pasted) => out.typeNumber(number, pasted),
      finishNumber: (again) => out.finishNumber(again),
      chooseLine: (line) => out.chooseLine(line),
      callPerson: () => out.callPerson(),
      askPerson: () => out.askPerson(),
      callPlan: (plan) => out.callPlan(plan),
      dropPlan: (plan) => out.dropPlan(plan),
      putOff: (plan) => out.putOff(plan),
      goAvailable: () => verbs.goAvailable(),
      goOffline: () => verbs.goOffline(),
      answer: (id) => verbs.answer(id),
      decline: (id) => verbs.decline(id),
      hangUp: () => this.#hangUp(),
      toggleMute: () => verbs.toggleMute(),
      takeSound: () => this.#takeSound(),
      openSound: () => this.#sound.restore(),
      useDevice: (role, id) => this.#useDevice(role, id),
      reconnect: () => this.#reconnect(),
      dismiss: (id) => this.#store.dispatch({ type: "dismiss", id }),
      help: () => this.#parts.help.open(),
      desk: this.#desk,
    };
  }

  #hangUp() {
    this.#duty.work.flush();
    this.#verbs.hangUp();
  }

  /** Here is where the call is to be heard; in a replaced page all else comes along. */
  #takeSound() {
    if (this.#store.state.shift.primary) {
      this.#store.dispatch({ type: "takeSound" });
    } else {
      this.#duty.shift.useWindow();
    }
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
      hold: () => this.#desk.transfer.toggleHold(),
      transfer: () => this.#desk.transfer.open(),
      hang_up: () => this.#hangUp(),
      number: () => this.#screen.focusNumber(),
      write: () => this.#screen.focusNotes(),
      break: () => this.#screen.openBreaks(),
      more_time: () => this.#duty.work.moreTime(),
      finish: () => this.#duty.work.finish(),
      help: () => this.#parts.help.open(),
    };
    const place = /^choose_(\d)$/.exec(verb)?.[1];
    if (place !== undefined) {
      this.#duty.work.chooseAt(Number(place));
    } else {
      keys[verb]?.();
    }
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
