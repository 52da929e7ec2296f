/** The console: carries what happens to the store, and the store's state to all. */

import { AudioSession } from "./audio-devices/audio-session.js";
import { DeviceNotices } from "./audio-devices/device-notices.js";
import { GuidedCheckDialog } from "./audio-devices/guided-check-dialog.js";
import { HoldReminder } from "./call/hold-reminder.js";
import { AudioQuality, audioContext } from "./call/quality.js";
import { TransferDialog } from "./call/transfer-dialog.js";
import { consoleCommands } from "./commands.js";
import { Ringback } from "./dialing/ringback.js";
import { KeyActions } from "./keys/key-actions.js";
import { RingAlerts } from "./ringing/alerts.js";
import { Screen } from "./screen.js";
import { ServerClock } from "./shell/clock.js";
import { t } from "./shell/i18n.js";
import { showKeys } from "./shell/key-hints.js";
import { isSignedOut } from "./shell/sign-in.js";
import { Heartbeat } from "./shift/heartbeat.js";
import { signOutCosts } from "./state/sign-out.js";
import { Store } from "./state/store.js";

/** @import {Devices, Role} from "../audio/devices.js" */
/** @import {AudioEngine} from "../audio/engine.js" */
/** @import {Ringer} from "../audio/ringer.js" */
/** @import {EndQuestion} from "./call/end-question.js" */
/** @import {AudioReport} from "./call/quality.js" */
/** @import {PageCommands} from "./screen.js" */
/** @import {Help} from "./keys/help.js" */
/** @import {Keyboard} from "./shell/keyboard.js" */
/** @import {Notifier} from "./shell/notifier.js" */
/** @import {SignOut} from "./shell/sign-out.js" */
/** @import {ConsoleSocket} from "./shell/socket.js" */
/** @import {Ticker} from "./shell/ticker.js" */
/** @import {UndoSecond} from "./shell/undo.js" */
/** @import {State} from "./state/state.js" */

const DRAW_EVERY_MS = 250;
const TELL_QUALITY_MS = 5_000;

/**
 * @typedef {object} ConsoleParts what main.js makes of the page and the browser
 * @property {HTMLElement} root
 * @property {string} signInAddress
 * @property {ConsoleSocket} socket
 * @property {Ticker} ticker
 * @property {Keyboard} keyboard
 * @property {Notifier} notifier
 * @property {Help} help
 * @property {SignOut} signOut
 * @property {AudioEngine} engine
 * @property {Devices} devices
 * @property {Ringer} ringer
 * @property {Ringer} chime
 * @property {Ringer} ringback
 * @property {Ringer} holdTone
 * @property {Ringer} testRing
 * @property {Ringer} testTone
 * @property {HTMLDialogElement} guidedCheckDialog
 * @property {UndoSecond} undo
 * @property {EndQuestion} endQuestion
 * @property {HTMLDialogElement} transferDialog
 */

export class Console {
  #parts;
  #store = new Store();
  #clock = new ServerClock();
  #quality = new AudioQuality();
  #audio;
  #commands;
  #heartbeat;
  #deviceNotices;
  #transferDialog;
  #guidedDialog;
  #holdReminder;
  #ringback;
  #alerts;
  #screen;
  #keys;
  #toldAt = 0;

  /** @param {ConsoleParts} parts */
  constructor(parts) {
    const { socket, notifier, engine, devices, ringer, chime } = parts;
    this.#parts = parts;
    this.#audio = new AudioSession(engine, ringer, devices, this.#store);
    this.#commands = consoleCommands(parts, this.#store, this.#audio, () => this.#now);
    this.#heartbeat = new Heartbeat(socket, engine, ringer);
    this.#deviceNotices = new DeviceNotices(this.#store);
    this.#transferDialog = new TransferDialog(
      parts.transferDialog,
      this.#commands.transfer,
      this.#commands.ending,
    );
    this.#guidedDialog = new GuidedCheckDialog(parts.guidedCheckDialog, {
      guided: this.#commands.guided,
      useDevice: (role, id) => this.#useDevice(role, id),
    });
    this.#holdReminder = new HoldReminder(parts.holdTone);
    this.#ringback = new Ringback(parts.ringback);
    this.#alerts = new RingAlerts(
      ringer,
      chime,
      notifier,
      (call) => socket.send("rings", { call }),
      () => !document.hidden,
    );
    const commands = { ...this.#commands, ...this.#pageCommands() };
    this.#screen = new Screen(parts.root, commands, parts.signInAddress);
    this.#keys = new KeyActions(this.#store, this.#commands, this.#screen, () =>
      this.#openHelp(),
    );
  }

  start() {
    const { socket, ticker } = this.#parts;
    this.#store.addEventListener("change", (event) => this.#changed(event));
    this.#listenToServer();
    this.#listenToEngine();
    this.#listenToPage();
    this.#listenToKeys();
    this.#on(ticker, "tick", ({ late }) => this.#tick(late));
    this.#heartbeat.start();
    setInterval(() => this.#draw(), DRAW_EVERY_MS);
    this.#draw();
    this.#parts.devices.refresh();
    socket.open();
  }

  #listenToKeys() {
    const { keyboard, undo, help } = this.#parts;
    keyboard.takeBack = () => undo.takeBack();
    help.choose = (mode) => this.#commands.preferences.keys(mode);
    this.#on(keyboard, "verb", ({ verb }) => this.#keys.press(verb));
    this.#on(keyboard, "text", () => undo.takeBack());
    this.#on(keyboard, "stray", () => this.#keys.strayed());
    this.#on(undo, "change", ({ text }) =>
      this.#screen.showUndo(text, () => undo.takeBack()),
    );
    this.#on(undo, "takenback", () => this.#keys.takenBack());
  }

  #listenToServer() {
    const { socket } = this.#parts;
    socket.hello = () => this.#commands.window.hello();
    this.#on(socket, "message", ({ message }) => this.#receive(message));
    this.#on(socket, "connection", ({ connection }) =>
      this.#store.dispatch({ type: "connection", connection }),
    );
    socket.addEventListener("signedout", async () => {
      // A new password, or a sign-in in another tab, has given this browser a new session.
      if (!(await this.#leaveIfSignedOut())) {
        socket.open();
      }
    });
    socket.addEventListener("unreachable", () => this.#leaveIfSignedOut());
  }

  async #leaveIfSignedOut() {
    const leaves = await isSignedOut(location.pathname);
    if (leaves) {
      location.assign(`${this.#parts.signInAddress}&ended`);
    }
    return leaves;
  }

  #listenToEngine() {
    const { engine } = this.#parts;
    const { audioCheck, guided } = this.#commands;
    this.#on(engine, "state", ({ state }) => {
      if (audioCheck.isRunning) {
        audioCheck.connected(state);
      } else {
        this.#store.dispatch({ type: "audio", audio: state });
      }
    });
    this.#on(engine, "echo", (echo) => audioCheck.measured(echo));
    this.#on(this.#parts.devices, "chosen", ({ role, id }) =>
      this.#useDevice(role, id),
    );
    this.#on(engine, "device", (news) => this.#deviceNotices.tell(news));
    this.#on(engine, "rewind", (heard) => this.#commands.rewind.tell(heard));
    this.#on(engine, "levels", ({ microphone, speaker, keptMs, ...liveness }) => {
      this.#commands.rewind.keeps(keptMs);
      this.#screen.showLevels({ microphone, speaker });
      audioCheck.hears(microphone);
      guided.hears(microphone, performance.now());
      this.#quality.observe(liveness);
      this.#heartbeat.hears(liveness.flatMs);
      this.#ringback.hears(speaker);
    });
    this.#on(engine, "report", (report) => this.#report(report));
    this.#on(engine, "problem", ({ message }) => {
      this.#store.dispatch({ type: "opened", open: engine.isOpen });
      this.#store.dispatch({
        type: "notice",
        notice: { who: "", text: t(message), tone: "problem" },
      });
    });
  }

  #listenToPage() {
    const { wrapUp } = this.#commands;
    this.#parts.signOut.costs = () => signOutCosts(this.#store.state);
    window.addEventListener("online", () => this.#reconnect());
    window.addEventListener("pagehide", () => wrapUp.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        wrapUp.flush();
      } else {
        this.#parts.socket.retryNow();
      }
    });
    // Browsers that put idle pages to sleep leave those alone that hold a lock.
    navigator.locks?.request(
      "console",
      { mode: "shared" },
      () => new Promise(() => {}),
    );
  }

  /** @param {any} message as in docs/console-websocket.md */
  #receive(message) {
    const { wrapUp, dialing, people } = this.#commands;
    if (message.type === "console") {
      this.#clock.reset();
    }
    if (message.server_time) {
      this.#clock.observe(message.server_time, performance.now());
    }
    const before = this.#store.state;
    if (message.type === "window") {
      message.primary = this.#commands.window.is(message.window.console);
    }
    if (message.type === "saved") {
      wrapUp.saved(message);
    }
    if (message.type === "problem" && wrapUp.refused(message.request)) {
      return;
    }
    if (message.type === "person") {
      people.heard(message);
    }
    this.#store.dispatch(message);
    if (message.type === "person") {
      dialing.heard(message);
    } else if (message.type === "sound" && message.call === before.audioHere) {
      this.#quality.hear(message);
    } else if (message.type === "test_ring") {
      this.#testRing();
    } else if (message.type === "window") {
      this.#followWindow(before);
    } else if (message.type === "console") {
      this.#told(before);
    }
  }

  async #testRing() {
    if (await this.#alerts.test()) {
      this.#parts.socket.send("test_rang");
    }
  }

  /**
   * After the server has told everything.
   * @param {State} before
   */
  #told(before) {
    const { controls, dialing, wrapUp, card, myCalls, day } = this.#commands;
    if (before.connection !== "online") {
      controls.repeatMute();
      dialing.repeatLookUp();
      wrapUp.back();
      card.repeat();
      myCalls.back();
      day.back();
    }
    this.#followWindow(before);
  }

  /**
   * Microphone and speaker are open in the window that rings, and only there.
   * @param {State} before
   */
  #followWindow(before) {
    if (!this.#store.state.shift.primary) {
      this.#audio.close();
    } else if (!before.loaded || !before.shift.primary) {
      this.#commands.shift.resume();
    }
  }

  /** @param {Event} event */
  #changed(event) {
    const { previous } = /** @type {CustomEvent} */ (event).detail;
    const { state } = this.#store;
    const { dialing, wrapUp, audioCheck, transfer, card, rewind } = this.#commands;
    const { people, myCalls, day, ending } = this.#commands;
    this.#parts.keyboard.mode = state.preferences.keys;
    showKeys(state.preferences.keys);
    if (state.audioHere !== previous.audioHere) {
      this.#quality.reset();
    }
    this.#draw();
    this.#alerts.follow(state);
    dialing.follow();
    wrapUp.follow();
    audioCheck.follow(state);
    this.#commands.guided.follow(state);
    transfer.follow();
    rewind.follow();
    ending.follow();
    card.follow();
    people.follow();
    myCalls.follow();
    day.follow();
    this.#ringback.follow(state, this.#parts.devices.speakerId);
    this.#audio.follow(state);
  }

  /** @param {number} late milliseconds that the page was late for this */
  #tick(late) {
    const { dialing, wrapUp, transfer, audioCheck } = this.#commands;
    const { myCalls, day } = this.#commands;
    const now = performance.now();
    this.#heartbeat.tick(late, now);
    wrapUp.tick(now);
    this.#store.dispatch({ type: "tick" });
    dialing.tick(this.#now);
    transfer.tick(now);
    audioCheck.tick(now);
    myCalls.tick(now);
    day.tick(now);
    const { speakerId } = this.#parts.devices;
    this.#holdReminder.follow(this.#store.state, this.#now, speakerId);
  }

  get #now() {
    return this.#clock.now(performance.now());
  }

  #reconnect() {
    if (!this.#parts.socket.isOpen) {
      this.#parts.socket.open();
    }
  }

  /** @param {AudioReport} report */
  #report(report) {
    const now = performance.now();
    this.#quality.add(report);
    const call = this.#store.state.audioHere;
    if (call !== null && now - this.#toldAt >= TELL_QUALITY_MS) {
      this.#toldAt = now;
      this.#parts.socket.send("quality", { call, report });
    }
  }

  #draw() {
    const { state } = this.#store;
    const remedy = this.#heartbeat.remedy();
    this.#screen.draw({
      state,
      now: this.#now,
      devices: this.#parts.devices,
      quality: this.#quality.rating(audioContext(state), performance.now()),
      remedy,
      opening: this.#audio.isOpening,
    });
    this.#transferDialog.draw(state);
    this.#parts.help.draw(state);
    this.#guidedDialog.draw(state, this.#parts.devices);
  }

  /** @returns {PageCommands} */
  #pageCommands() {
    return {
      useWindow: () => this.#commands.window.use(),
      openAudio: () => this.#audio.restore(),
      takeAudio: () => this.#takeAudio(),
      chooseMicrophone: () => this.#screen.focusMicrophones(),
      useDevice: (role, id) => this.#useDevice(role, id),
      reconnect: () => this.#reconnect(),
      dismiss: (id) => this.#store.dispatch({ type: "dismiss", id }),
      help: () => this.#openHelp(),
    };
  }

  #openHelp() {
    this.#parts.help.open(this.#store.state);
  }

  /** Here is where the call is to be heard; in a replaced page all else comes along. */
  #takeAudio() {
    if (this.#store.state.shift.primary) {
      this.#store.dispatch({ type: "takeAudio" });
    } else {
      this.#commands.window.use();
    }
  }

  /**
   * @param {Role} role
   * @param {string} id
   */
  #useDevice(role, id) {
    this.#audio.use(role, id);
    if (role === "speaker") {
      this.#ringback.useSpeaker(id);
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
