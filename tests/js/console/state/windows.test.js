import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../static/console/state/reducer.js";
import {
  audioCall,
  callStatus,
  ringingCalls,
} from "../../../../static/console/state/selectors.js";
import { ANA, after, BRUNO, carla, talking, told } from "../calls.js";

/** @param {number} second @param {any} changes */
const turn = (second, changes = {}) => ({
  type: "window",
  why: "newer",
  primary: false,
  window: {
    console: "other",
    since: `2026-01-05T09:00:0${second}+00:00`,
    opened_at: "2026-01-05T09:00:00+00:00",
    browser: "Firefox, Linux",
  },
  ...changes,
});
/** @param {string} why */
const here = (second = 2, why = "closed") => turn(second, { primary: true, why });
const texts = (/** @type {any} */ state) =>
  state.notices.map((/** @type {any} */ { text }) => text);

test("a window that a newer one has replaced neither rings nor plays", () => {
  const state = after(told([talking()]), turn(1));
  assert.equal(state.audioHere, null);
  assert.equal(callStatus(state), "In call", "and still shows the call");
  assert.deepEqual(texts(state), []);
  assert.deepEqual(ringingCalls(after(told([carla()]), turn(1))), []);
});

test("a window that missed its replacement learns of it from the next snapshot", () => {
  const { window } = turn(1);
  const state = after(told([talking()]), told([talking()], { primary: false, window }));
  assert.equal(state.audioHere, null);
  assert.equal(state.shift.window?.browser, "Firefox, Linux");
});

test("a window that takes over has the audio of the call, and says why", () => {
  const state = after(told([talking()]), turn(1), here());
  assert.equal(audioCall(state)?.id, "carla-1");
  assert.deepEqual(texts(state), [
    "Your other window was closed. The call goes on here.",
  ]);
  const silent = after(told([]), turn(1), here(2, "silent"));
  assert.deepEqual(texts(silent), [
    "Your other window does not respond. Calls ring here now.",
  ]);
});

test("a window that takes over is as muted as the agent was", () => {
  const state = after(
    told([talking()]),
    turn(1),
    { type: "call", call: talking({ version: 2, muted: true }) },
    here(),
  );
  assert.equal(state.mute.muted, true);
});

test("what rings at the agent rings in the window that takes over", () => {
  const state = after(told([carla()]), turn(1), here());
  assert.equal(ringingCalls(state).length, 1);
});

test("who asks for this window is told nothing about it", () => {
  const state = after(told([talking()]), turn(1), here(2, "newer"));
  assert.equal(state.shift.primary, true);
  assert.deepEqual(texts(state), []);
});

test("a page that is just loaded is told nothing of the one before", () => {
  assert.deepEqual(texts(after(here(1), told([], { primary: true }))), []);
});

test("an older word does not undo a newer one, whichever way it comes", () => {
  const late = after(told([talking()]), turn(1), here(3), turn(2));
  assert.equal(late.shift.primary, true);
  const { window } = turn(1);
  const read = after(told([talking()]), turn(1), here(3), {
    ...told([talking()], { primary: false, window }),
  });
  assert.equal(read.shift.primary, true);
  assert.equal(audioCall(read)?.id, "carla-1");
});

test("a window repeats the place that it has by now", () => {
  assert.equal(after(told([]), turn(1), here(4)).shift.since, here(4).window.since);
  const other = after(told([], { since: "mine" }), turn(1));
  assert.equal(other.shift.since, "mine");
});

test("a page whose browser is a colleague's now knows nothing of the agent before", () => {
  const ana = {
    ...after(told([talking()])),
    audioHere: "carla-1",
    lastCall: /** @type {any} */ ({}),
  };
  const bruno = { ...BRUNO, version: 1, state: "offline", state_since: null };
  const snapshot = (/** @type {any} */ agent) => ({
    type: "console",
    agent,
    calls: [],
  });
  const state = reduce(ana, snapshot(bruno), 0);
  assert.deepEqual(state.agent, bruno);
  assert.deepEqual([state.calls, state.notices], [{}, []]);
  assert.deepEqual([state.audioHere, state.lastCall], [null, null]);
  assert.equal(state.connection, "online");
  // Her own next snapshot takes no call from her that it tells.
  const hers = { ...snapshot({ ...ANA, version: 9 }), calls: [talking()] };
  assert.ok(reduce(ana, hers, 0).calls["carla-1"]);
});
