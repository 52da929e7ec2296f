import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AudioChecker,
  mayCheck,
} from "../../../../static/console/audio-devices/audio-check.js";
import {
  checkRating,
  delayMs,
} from "../../../../static/console/audio-devices/audio-check-rating.js";
import { Store } from "../../../../static/console/state/store.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };

const measured = (changes = {}) => ({
  networkMs: 30,
  bufferMs: 40,
  sent: 500,
  returned: 495,
  lost: 0,
  loudest: 0.1,
  ...changes,
});

/** @param {any} call that rings at Ana's console */
const ringing = (call = {}) => ({
  id: "carla-1",
  version: 1,
  direction: "inbound",
  status: "ringing",
  contact: { name: "Carla", number: "" },
  offered_to: [1],
  agent: null,
  created_at: "2026-01-05T09:00:00Z",
  ...call,
});

/** Ana's idle console; `done` is what the engine was told. */
function openConsole({ sounds = true, echo_url = "/ws/echo/" } = {}) {
  const store = new Store();
  const done = /** @type {string[]} */ ([]);
  const engine = {
    muted: true,
    connect: (/** @type {string} */ url, /** @type {{echo: boolean}} */ { echo }) =>
      done.push(`connect ${url} ${echo}`),
    disconnect: () => done.push("disconnect"),
  };
  const checker = new AudioChecker(store, engine, { open: async () => sounds });
  store.addEventListener("change", () => checker.follow(store.state));
  const everything = { agent: ANA, calls: [], plans: [], lines: [], primary: true };
  store.dispatch({ type: "console", ...everything, echo_url });
  return { store, done, engine, checker };
}

test("the check sends the open microphone to the server and back", async () => {
  const { done, engine, checker } = openConsole();
  await checker.start();
  await checker.start();
  assert.deepEqual(done, ["connect /ws/echo/ true"]);
  assert.equal(engine.muted, false);
  assert.equal(checker.isRunning, true);
});

test("without a microphone, or an address to send to, there is no check", async () => {
  for (const lack of [{ sounds: false }, { echo_url: "" }]) {
    const { done, checker } = openConsole(lack);
    await checker.start();
    assert.equal(checker.isRunning, false);
    assert.deepEqual(done, []);
  }
});

test("it stops by itself after 15 seconds, and its verdict stays", async () => {
  const { store, done, checker } = openConsole();
  await checker.start();
  const start = performance.now();
  checker.hears(0.1);
  checker.measured(measured());
  checker.tick(start + 5_000);
  assert.equal(store.state.check.left, 10);
  checker.tick(start + 16_000);
  assert.equal(store.state.check.phase, "over");
  assert.equal(checkRating(store.state.check).grade, "good");
  assert.deepEqual(done.slice(1), ["disconnect"]);
});

test("a call that rings ends it, and in a call there is none", async () => {
  const { store, done, checker } = openConsole();
  await checker.start();
  store.dispatch({ type: "call", call: ringing() });
  assert.equal(checker.isRunning, false);
  assert.deepEqual(done.slice(1), ["disconnect"]);
  await checker.start();
  assert.equal(done.length, 2);
  const talking = ringing({
    version: 2,
    status: "active",
    agent: { id: 1, name: "Ana" },
  });
  store.dispatch({ type: "call", call: talking });
  assert.equal(mayCheck(store.state), false);
});

test("a call that rings while the browser asks for the microphone comes first", async () => {
  const { store, done, checker } = openConsole();
  const started = checker.start();
  store.dispatch({ type: "call", call: ringing() });
  await started;
  assert.deepEqual(done, []);
});

test("a connection that the server ends ends the check", async () => {
  const { store, checker } = openConsole();
  await checker.start();
  checker.connected("lost");
  assert.equal(checker.isRunning, true);
  checker.connected("ended");
  assert.equal(store.state.check.phase, "over");
  assert.match(checkRating(store.state.check).text, /No audio came back/);
});

test("the delay counts the network and the wait of the jitter buffer", () => {
  assert.equal(delayMs(measured({ networkMs: 30.4, bufferMs: 40 })), 70);
  assert.equal(delayMs(measured({ networkMs: null })), null);
  assert.equal(delayMs(null), null);
});

test("each problem has its words and its remedy, the first that matters", () => {
  const text = (/** @type {any} */ changes) => {
    const check = { phase: "over", left: 0, measured: measured(changes) };
    const verdict = checkRating(/** @type {any} */ (check));
    assert.notEqual(verdict.advice, "");
    return verdict.text;
  };
  assert.match(text({ returned: 0, loudest: 0 }), /No audio came back/);
  assert.match(text({ loudest: 0.0005 }), /no voice/);
  assert.match(text({ loudest: 0.005 }), /very quiet/);
  assert.match(text({ lost: 50 }), /got lost/);
  assert.match(text({ networkMs: 300 }), /is slow/);
  assert.match(text({ networkMs: 500 }), /too slow/);
  assert.match(text({}), /is good/);
});
