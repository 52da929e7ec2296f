import { Devices } from "../audio/devices.js";
import { AudioEngine } from "../audio/engine.js";
import {
  chimeSamples,
  holdSamples,
  Ringer,
  ringbackSamples,
  ringSamples,
} from "../audio/ringer.js";
import { LevelMeter } from "./audio-devices/level-meter.js";
import { EndQuestion } from "./call/end-question.js";
import { Console } from "./console.js";
import { Help } from "./keys/help.js";
import { loadCatalogue } from "./shell/i18n.js";
import { Keyboard } from "./shell/keyboard.js";
import { MenuButton } from "./shell/menu-button.js";
import { Notifier } from "./shell/notifier.js";
import { SignOut } from "./shell/sign-out.js";
import { ConsoleSocket } from "./shell/socket.js";
import { Ticker } from "./shell/ticker.js";
import { surviveTranslators } from "./shell/translators.js";
import { UndoSecond } from "./shell/undo.js";

const root = /** @type {HTMLElement} */ (document.querySelector("#console"));
const dialogOf = (/** @type {string} */ name) =>
  /** @type {HTMLDialogElement} */ (document.querySelector(name));
const given = /** @type {Record<string, string>} */ (root.dataset);

/** @param {string} path */
function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

surviveTranslators();
loadCatalogue(document.querySelector("#catalogue")?.textContent);
customElements.define("level-meter", LevelMeter);
customElements.define("menu-button", MenuButton);
new Console({
  root,
  keyboard: new Keyboard(),
  signInAddress: given.signIn,
  socket: new ConsoleSocket(socketAddress(given.socketPath)),
  ticker: new Ticker(given.tickerWorkerUrl),
  notifier: new Notifier(given.iconUrl),
  signOut: new SignOut(
    /** @type {HTMLFormElement} */ (document.querySelector("#sign-out")),
    dialogOf("#sign-out-question"),
  ),
  help: new Help(dialogOf("#help")),
  engine: new AudioEngine({
    workerUrl: given.audioWorkerUrl,
    captureWorkletUrl: given.captureWorkletUrl,
    playoutWorkletUrl: given.playoutWorkletUrl,
  }),
  devices: new Devices(),
  ringer: new Ringer(),
  chime: new Ringer(chimeSamples, false),
  ringback: new Ringer(ringbackSamples),
  testTone: new Ringer(chimeSamples, false),
  guidedCheckDialog: dialogOf("#guided-check"),
  testRing: new Ringer(ringSamples, false),
  holdTone: new Ringer(holdSamples, false),
  undo: new UndoSecond(),
  endQuestion: new EndQuestion(dialogOf("#end-question")),
  transferDialog: dialogOf("#transfer"),
}).start();
