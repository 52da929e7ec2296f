import assert from "node:assert/strict";
import { test } from "node:test";
import { Devices } from "../../../static/audio/devices.js";
import { ringSamples } from "../../../static/audio/ringer.js";

const HEADSET = { kind: "audioinput", deviceId: "a1", label: "Headset" };
const DESK = { kind: "audioinput", deviceId: "b2", label: "Desk" };
const SPEAKERS = { kind: "audiooutput", deviceId: "c3", label: "Speakers" };
const ALIAS = { kind: "audioinput", deviceId: "communications", label: "Headset" };

/** The browser's list of devices, changed by plugging. */
class Sockets extends EventTarget {
  plugged = [HEADSET, DESK, SPEAKERS];

  async enumerateDevices() {
    return this.plugged;
  }
}

class Memory {
  #kept = new Map();

  /** @param {string} key */
  getItem(key) {
    return this.#kept.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#kept.set(key, value);
  }
}

/** @param {Sockets} sockets @param {Memory} [memory] */
function devicesOf(sockets, memory = new Memory()) {
  return new Devices(memory, /** @type {any} */ (sockets));
}

test("microphones and speakers are listed by name, each once", async () => {
  const sockets = new Sockets();
  sockets.plugged.push(ALIAS, { kind: "videoinput", deviceId: "v", label: "Camera" });
  const devices = devicesOf(sockets);
  assert.deepEqual(devices.microphones, []);
  await devices.refresh();
  assert.deepEqual(devices.microphones, [
    { deviceId: "a1", label: "Headset" },
    { deviceId: "b2", label: "Desk" },
  ]);
  assert.deepEqual(devices.speakers, [{ deviceId: "c3", label: "Speakers" }]);
});

test("before the microphone was allowed there is nothing to choose from", async () => {
  const sockets = new Sockets();
  sockets.plugged = [{ kind: "audioinput", deviceId: "", label: "" }];
  const devices = devicesOf(sockets);
  await devices.refresh();
  assert.deepEqual(devices.microphones, []);
});

test("a choice survives a reload, also when the ids changed", async () => {
  const memory = new Memory();
  const before = devicesOf(new Sockets(), memory);
  await before.refresh();
  before.rememberMicrophone("b2");
  before.rememberSpeaker("c3");
  before.rememberRinger("c3");

  const sockets = new Sockets();
  const after = devicesOf(sockets, memory);
  assert.equal(after.microphoneId, "b2");
  sockets.plugged = [HEADSET, { ...DESK, deviceId: "z9" }, SPEAKERS];
  await after.refresh();
  assert.equal(after.microphoneId, "z9");
  assert.equal(after.speakerId, "c3");
  assert.equal(after.ringerId, "c3");
});

test("a chosen device that is away gives way to the default, and comes back", async () => {
  const sockets = new Sockets();
  const devices = devicesOf(sockets);
  await devices.refresh();
  devices.rememberMicrophone("b2");
  sockets.plugged = [HEADSET, SPEAKERS];
  await plug(sockets, devices);
  assert.equal(devices.microphoneId, "");
  sockets.plugged = [HEADSET, DESK, SPEAKERS];
  await plug(sockets, devices);
  assert.equal(devices.microphoneId, "b2");
});

/** @param {Sockets} sockets @param {Devices} devices */
async function plug(sockets, devices) {
  const changed = new Promise((resolve) =>
    devices.addEventListener("change", resolve, { once: true }),
  );
  sockets.dispatchEvent(new Event("devicechange"));
  await changed;
}

test("broken storage and a page without devices do no harm", async () => {
  const memory = new Memory();
  memory.setItem("audio-microphone", "{");
  const devices = new Devices(memory, null);
  await devices.refresh();
  assert.equal(devices.microphoneId, "");
  assert.deepEqual(devices.microphones, []);
});

test("after closing it no longer follows", async () => {
  const sockets = new Sockets();
  const devices = devicesOf(sockets);
  devices.close();
  devices.addEventListener("change", () => assert.fail("it followed"));
  sockets.dispatchEvent(new Event("devicechange"));
  await new Promise(setImmediate);
});

test("the ring tone is two short rings without a click, then a pause", () => {
  const rate = 8000;
  const samples = ringSamples(rate);
  assert.equal(samples.length, 3 * rate);
  assert.ok(Math.max(...samples) < 0.5);
  assert.ok(samples.subarray(rate).every((sample) => sample === 0));
  let step = 0;
  for (let i = 1; i < samples.length; i += 1) {
    step = Math.max(step, Math.abs(samples[i] - samples[i - 1]));
  }
  assert.ok(step < 0.15, `${step}`);
});
