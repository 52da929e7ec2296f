import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckedDevices } from "../../../../static/console/audio-devices/checked-devices.js";
import {
  GuidedCheck,
  LISTENS_MS,
} from "../../../../static/console/audio-devices/guided-check.js";
import {
  mayFail,
  stepTitle,
  stepWords,
} from "../../../../static/console/audio-devices/guided-check-words.js";
import { STEPS } from "../../../../static/console/state/guided-check.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { ANA, after, carla, told } from "../calls.js";

const NAMES = { microphone: "Headset", speaker: "Headset", ringer: "Laptop" };
const ECHO = {
  networkMs: 40,
  bufferMs: 60,
  sent: 100,
  returned: 100,
  lost: 0,
  loudest: 0.2,
};

/** @returns {any} */
function storage() {
  /** @type {Record<string, string>} */
  const kept = {};
  return {
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
      kept[key] = value;
    },
  };
}

/** @returns {any} */
function devices(changes = {}) {
  const headset = [{ deviceId: "default", label: "Headset" }];
  return Object.assign(new EventTarget(), {
    microphones: headset,
    speakers: headset,
    microphoneId: "",
    speakerId: "",
    ringerId: "",
    ...changes,
  });
}

/** Ana at rest, before her first shift in this browser. */
function scene({ opens = true, notices = "good", here = devices() } = {}) {
  const offline = { ...ANA, state: "offline" };
  const store = {
    state: after(told([], { agent: offline, primary: true, echo_url: "/echo" })),
    dispatch(/** @type {any} */ action) {
      store.state = reduce(store.state, action, 0);
    },
  };
  /** @type {string[]} */
  const done = [];
  const part = (/** @type {string} */ name) => ({
    press: async () => void done.push(`${name} plays`),
    stop: () => {},
  });
  const checked = new CheckedDevices(storage());
  const guided = new GuidedCheck(/** @type {any} */ (store), here, checked, {
    audio: { open: async () => opens },
    echo: {
      start: async () => {
        done.push("echo");
        store.dispatch({ type: "checkStarted" });
      },
      stop: () => {
        if (store.state.check.phase === "running") {
          store.dispatch({ type: "checkOver" });
        }
      },
    },
    tone: part("tone"),
    ring: part("ring"),
    notices: /** @type {any} */ ({ verdict: () => notices, allow: async () => "good" }),
    goAvailable: async () => void done.push("available"),
  });
  guided.look();
  return { store, done, guided, here };
}

/** @param {GuidedCheck} guided */
function speak(guided, level = 0.1, now = performance.now()) {
  for (let turn = 0; turn < 5; turn += 1) {
    guided.hears(level, now);
  }
}

test("the check leads through each step and ends with available", async () => {
  const { store, done, guided, here } = scene();
  assert.equal(store.state.guided.due, "first");
  await guided.start();
  assert.equal(store.state.guided.step, "microphone");
  speak(guided);
  assert.equal(store.state.guided.verdict, "good");
  await guided.next("good");
  await guided.next("good"); // the tone was heard
  await guided.next("good"); // and the ring
  assert.equal(store.state.guided.verdict, "good"); // notifications are allowed
  await guided.next("good");
  store.dispatch({ type: "checkMeasured", measured: ECHO });
  await guided.heardEcho();
  assert.equal(store.state.guided.step, "done");
  assert.deepEqual(Object.keys(store.state.guided.results), STEPS);
  await guided.finish();
  assert.deepEqual(done, ["tone plays", "ring plays", "echo", "available"]);
  assert.equal(store.state.guided.step, null);
  assert.equal(store.state.guided.due, "");
  here.dispatchEvent(new Event("change"));
  assert.equal(store.state.guided.due, "");
});

test("another headset asks again, and the first one does not when it is back", async () => {
  const { store, guided, here } = scene();
  guided.skip();
  assert.equal(store.state.guided.due, "");
  const other = [{ deviceId: "default", label: "Other headset" }];
  const before = here.microphones;
  here.microphones = other;
  here.dispatchEvent(new Event("change"));
  assert.equal(store.state.guided.due, "changed");
  here.microphones = before;
  here.dispatchEvent(new Event("change"));
  assert.equal(store.state.guided.due, "");
});

test("a browser that names no devices yet is not asked again", () => {
  const checked = new CheckedDevices(storage());
  assert.equal(checked.dueFor(null), "first");
  checked.remember(NAMES);
  assert.equal(checked.dueFor(null), "");
  assert.equal(checked.dueFor({ ...NAMES, ringer: "Monitor" }), "changed");
});

test("devices that were skipped before they had names are not called changed", () => {
  const checked = new CheckedDevices(storage());
  checked.remember(null);
  assert.equal(checked.dueFor(NAMES), "");
  assert.equal(checked.dueFor({ ...NAMES, ringer: "Monitor" }), "changed");
});

test("what is stored by others breaks nothing", () => {
  for (const text of ["", "nonsense", "{}", "7", "null"]) {
    const kept = storage();
    kept.setItem("audio-checked", text);
    assert.equal(new CheckedDevices(kept).dueFor(NAMES), "first", text);
  }
});

test("a microphone is judged by what comes from it", async () => {
  const late = performance.now() + 2 * LISTENS_MS;
  for (const [level, verdict] of /** @type {[number, string][]} */ ([
    [0, "silent"],
    [0.005, "quiet"],
    [0.1, "good"],
  ])) {
    const { store, guided } = scene();
    await guided.start();
    speak(guided, level, late);
    assert.equal(store.state.guided.verdict, verdict);
    speak(guided); // a mute switch was found
    assert.equal(store.state.guided.verdict, "good");
  }
});

test("one knock on the table is no voice", async () => {
  const { store, guided } = scene();
  await guided.start();
  guided.hears(0.5, performance.now());
  assert.equal(store.state.guided.verdict, "waiting");
});

test("a microphone that does not open says so, and is tried again", async () => {
  const { store, guided } = scene({ opens: false });
  await guided.start();
  assert.equal(store.state.guided.verdict, "closed");
  speak(guided);
  assert.equal(store.state.guided.verdict, "closed");
});

test("a connection that is too poor is not passed, though it was heard", async () => {
  const { store, guided } = scene();
  await guided.start();
  for (let step = 0; step < 4; step += 1) {
    await guided.next("good");
  }
  store.dispatch({ type: "checkMeasured", measured: { ...ECHO, lost: 40 } });
  await guided.heardEcho();
  assert.equal(store.state.guided.step, "echo");
});

test("a call that rings closes the check", async () => {
  const { store, guided } = scene();
  await guided.start();
  store.dispatch({ type: "call", call: carla() });
  guided.follow(store.state);
  assert.equal(store.state.guided.step, null);
  await guided.start();
  assert.equal(store.state.guided.step, null);
});

test("each step has words for whatever happens, and what may fail without it", () => {
  const verdicts = ["waiting", "good", "quiet", "silent", "closed", "denied", "bad"];
  for (const step of STEPS) {
    assert.ok(stepTitle(step) && mayFail(step));
    for (const verdict of verdicts) {
      const { text } = stepWords(step, /** @type {any} */ (verdict), NAMES, "");
      assert.ok(text.length > 10);
    }
  }
});
