/** All that an agent can do in the console; buttons and keys call the same. */

import { AudioChecker } from "./audio-devices/audio-check.js";
import { TestRing } from "./audio-devices/test-ring.js";
import { CallControls } from "./call/controls.js";
import { RewindCommands } from "./call/rewind.js";
import { TransferCommands } from "./call/transfer.js";
import { CallerCardCommands } from "./caller-card/commands.js";
import { DialingCommands } from "./dialing/commands.js";
import { DayCommands } from "./floor/commands.js";
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
/** @import {Notifier} from "./shell/notifier.js" */
/** @import {ConsoleSocket} from "./shell/socket.js" */
/** @import {Store} from "./state/store.js" */

/** @typedef {ReturnType<typeof consoleCommands>} Commands */

/**
 * @param {object} parts
 * @param {ConsoleSocket} parts.socket
 * @param {AudioEngine} parts.engine
 * @param {Devices} parts.devices
 * @param {Notifier} parts.notifier
 * @param {Ringer} parts.testRing
 * @param {Store} store
 * @param {AudioSession} audio
 * @param {() => number} now milliseconds of the epoch by the server's clock
 */
export function consoleCommands(parts, store, audio, now) {
  const { socket, engine, devices, notifier, testRing } = parts;
  const requests = new Requests(store, socket);
  const wrapUp = new WrapUpCommands(store, requests, socket, new Drafts(), now);
  const window = new ConsoleWindow(store, requests);
  const here = new AudioHere(store, window, audio);
  const dialing = new DialingCommands(store, socket, here);
  return {
    wrapUp,
    window,
    shift: new ShiftCommands(store, requests, here, notifier),
    ringing: new RingingCommands(store, requests, here),
    controls: new CallControls(store, requests, socket, () => wrapUp.flush()),
    rewind: new RewindCommands(store, engine),
    transfer: new TransferCommands(store, requests, socket),
    dialing,
    people: new PeopleCommands(store, requests, dialing),
    myCalls: new MyCallsCommands(store, requests, dialing),
    day: new DayCommands(store, requests),
    card: new CallerCardCommands(store, socket),
    audioCheck: new AudioChecker(store, engine, audio),
    testRing: new TestRing(testRing, devices),
  };
}
