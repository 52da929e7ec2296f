import assert from "node:assert/strict";
import { test } from "node:test";

import { RingAlerts } from "../../../../static/console/ringing/alerts.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { initialState } from "../../../../static/console/state/state.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };

/** @returns {any} */
function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "ringing",
    contact: { name: "Carla Gomes", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [1],
    agent: null,
    audio_url: null,
    muted: false,
    created_at: "2026-01-05T09:00:00Z",
    answered_at: null,
    ended_at: null,
    ended_by: "",
    end_text: "",
    ...changes,
  };
}

/** @param {any[]} calls @param {any} more */
function stateWith(calls, more = {}) {
  const message = { type: "console", agent: ANA, calls, ...more };
  return reduce(initialState, message, 0);
}

/** Ana's console: a bell that is heard or not, a page that is seen or not. */
function openConsole({ heard = /** @type {any} */ (true), seen = true } = {}) {
  const told = { rings: /** @type {string[]} */ ([]), title: "", bell: 0, chimes: 0 };
  const ringer = {
    start: () => {
      told.bell += 1;
      return heard;
    },
    stop: () => {
      told.bell -= 1;
    },
  };
  const chime = { start: () => (told.chimes += 1), stop: () => {} };
  const notifier = {
    show: (/** @type {any} */ _items, /** @type {string} */ title) => {
      told.title = title;
    },
  };
  const ringing = new RingAlerts(
    ringer,
    chime,
    notifier,
    (id) => told.rings.push(id),
    () => seen,
  );
  return { ringing, told };
}

/** Until promises under way are done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a ring is confirmed to the server once, after the ring tone is heard", async () => {
  /** @type {(heard: boolean) => void} */
  let hear = () => {};
  const heard = new Promise((resolve) => {
    hear = resolve;
  });
  const { ringing, told } = openConsole({ heard, seen: false });
  ringing.follow(stateWith([carla()]));
  await settled();
  assert.deepEqual(told.rings, []);
  hear(true);
  await settled();
  ringing.follow(stateWith([carla({ version: 2 })]));
  await settled();
  assert.deepEqual(told.rings, ["carla-1"]);
  assert.equal(told.bell, 1);
});

test("a ring tone that is not heard in a page that is not visible does not count", async () => {
  const { ringing, told } = openConsole({ heard: Promise.resolve(false), seen: false });
  ringing.follow(stateWith([carla()]));
  await settled();
  assert.deepEqual(told.rings, []);
});

test("a visible card rings too, also when the ring tone fails", async () => {
  const { ringing, told } = openConsole({
    heard: Promise.reject(new Error("no sound")),
  });
  ringing.follow(stateWith([carla()]));
  await settled();
  assert.deepEqual(told.rings, ["carla-1"]);
});

test("a call that has ended meanwhile is not reported as ringing", async () => {
  const { ringing, told } = openConsole();
  ringing.follow(stateWith([carla()]));
  ringing.follow(stateWith([]));
  await settled();
  assert.deepEqual(told.rings, []);
  assert.equal(told.bell, 0);
});

test("a page that was replaced plays and reports nothing", async () => {
  const { ringing, told } = openConsole();
  ringing.follow(stateWith([carla()]));
  await settled();
  ringing.follow(stateWith([carla()], { primary: false }));
  ringing.follow(stateWith([carla(), carla({ id: "dora-2" })], { primary: false }));
  await settled();
  assert.deepEqual(told.rings, ["carla-1"]);
  assert.equal(told.bell, 0);
  assert.match(told.title, /Your calls are in another window/);
});

test("a test rings for a moment and says whether it was heard or seen", async () => {
  const heard = openConsole({ seen: false });
  assert.equal(await heard.ringing.test(), true);
  assert.equal(heard.told.bell, 0);
  const deaf = openConsole({ heard: Promise.resolve(false), seen: false });
  assert.equal(await deaf.ringing.test(), false);
  const seen = openConsole({ heard: Promise.reject(new Error("no sound")) });
  assert.equal(await seen.ringing.test(), true);
});

test("a test while a call rings leaves it ringing", async () => {
  const { ringing, told } = openConsole({ seen: false });
  ringing.follow(stateWith([carla()]));
  assert.equal(await ringing.test(), true);
  assert.equal(told.bell, 1);
});

test("the title says when no call can ring", () => {
  const { ringing, told } = openConsole();
  const mute = {
    ...ANA,
    state: "cannot_ring",
    reason: "The microphone gives no sound.",
  };
  ringing.follow(stateWith([], { agent: mute }));
  assert.equal(told.title, "⚠ You are not reachable");
  ringing.follow(stateWith([]));
  assert.equal(told.title, "");
  ringing.follow(stateWith([carla()]));
  assert.equal(told.title, "☎ Carla Gomes is calling");
  ringing.follow({ ...stateWith([carla()]), connection: "lost" });
  assert.equal(told.title, "⚠ No connection");
});
