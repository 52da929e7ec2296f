/** All that an agent can do in the console; buttons and keys call the same. */

import { AudioChecker } from "./audio-devices/audio-check.js";
import { CheckedDevices } from "./audio-devices/checked-devices.js";
import { GuidedCheck } from "./audio-devices/guided-check.js";
import { TestRing } from "./audio-devices/test-ring.js";
import { CallControls } from "./call/controls.js";
import { EndingCommands } from "./call/ending.js";
import { RewindCommands } from "./call/rewind.js";
import { TransferCommands } from "./call/transfer.js";
import { CallerCardCommands } from "./caller-card/commands.js";
import { DialingCommands } from "./dialing/commands.js";
import { DayCommands } from "./floor/commands.js";
import { SupervisorCommands } from "./floor/supervisor-commands.js";
import { MyCallsCommands } from "./my-calls/commands.js";
import { PeopleCommands } from "./people/commands.js";
import { RingingCommands } from "./ringing/commands.js";
import { ShiftCommands } from "./shift/commands.js";
import { AudioHere, ConsoleWindow } from "./shift/console-window.js";
import { Requests } from "./state/requests.js";
import { WrapUpCommands } from "./wrap-up/commands.js";
import { Drafts } from "./wrap-up/drafts.js";

/** @import {AudioEngine} from "../audio/engine.js" */
/** @import {Devices} from "../audio/devices.js" */
/** @import {Ringer} from "../audio/ringer.js" */
/** @import {AudioSession} from "./audio-devices/audio-session.js" */
/** @import {EndQuestion} from "./call/end-question.js" */
/** @import {KeyMode} from "./shell/keyboard.js" */
/** @import {Notifier} from "./shell/notifier.js" */
/** @import {ConsoleSocket} from "./shell/socket.js" */
/** @import {UndoSecond} from "./shell/undo.js" */
/** @import {StepVerdict} from "./state/guided-check.js" */
/** @import {Store} from "./state/store.js" */

/** @typedef {ReturnType<typeof consoleCommands>} Commands */

/**
 * @param {object} parts
 * @param {ConsoleSocket} parts.socket
 * @param {AudioEngine} parts.engine
 * @param {Devices} parts.devices
 * @param {Notifier} parts.notifier
 * @param {Ringer} parts.testRing
 * @param {Ringer} parts.testTone
 * @param {UndoSecond} parts.undo
 * @param {EndQuestion} parts.endQuestion
 * @param {Store} store
 * @param {AudioSession} audio
 * @param {() => number} now milliseconds of the epoch by the server's clock
 */
export function consoleCommands(parts, store, audio, now) {
  const { socket, engine, devices, notifier, undo, endQuestion } = parts;
  const requests = new Requests(store, socket);
  const wrapUp = new WrapUpCommands(store, requests, socket, new Drafts(), now);
  const window = new ConsoleWindow(store, requests);
  const here = new AudioHere(store, window, audio);
  const dialing = new DialingCommands(store, socket, here);
  const controls = new CallControls(store, requests, socket, () => wrapUp.flush());
  const ringing = new RingingCommands(store, requests, here);
  const transfer = new TransferCommands(store, requests, socket);
  const shift = new ShiftCommands(store, requests, here, notifier);
  const audioCheck = new AudioChecker(store, engine, audio);
  const testRing = new TestRing(parts.testRing, () => devices.ringerId);
  const guided = new GuidedCheck(store, devices, new CheckedDevices(), {
    audio,
    echo: audioCheck,
    tone: new TestRing(parts.testTone, () => devices.speakerId),
    ring: testRing,
    notices: noticesOf(notifier),
    goAvailable: () => shift.goAvailableAgain(),
  });
  const hurting = { controls, ringing, transfer };
  return {
    wrapUp,
    window,
    shift,
    ringing,
    controls,
    rewind: new RewindCommands(store, engine),
    transfer,
    ending: new EndingCommands(store, hurting, undo, endQuestion),
    preferences: {
      keys: (/** @type {KeyMode} */ keys) => requests.send("keys", { keys }),
    },
    dialing,
    people: new PeopleCommands(store, requests, dialing),
    myCalls: new MyCallsCommands(store, requests, dialing),
    day: new DayCommands(store, requests),
    supervisor: new SupervisorCommands(requests),
    card: new CallerCardCommands(store, socket),
    audioCheck,
    guided,
    testRing,
  };
}

/**
 * Say of notifications what the guided check asks.
 * @param {Notifier} notifier
 */
function noticesOf(notifier) {
  /** @type {Record<string, StepVerdict>} */
  const verdicts = { granted: "good", denied: "denied", unsupported: "unsupported" };
  const verdict = () => verdicts[notifier.permission] ?? "waiting";
  const allow = async () => {
    await notifier.ask();
    return verdict();
  };
  return { verdict, allow };
}
