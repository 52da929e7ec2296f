import assert from "node:assert/strict";
import { test } from "node:test";
import { HoldReminder } from "../../../../static/console/call/hold-reminder.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { initialState } from "../../../../static/console/state/state.js";
import { ANA, carla, consulting, held } from "../consults.js";

/** @param {any} call */
const stateWith = (call) =>
  reduce(initialState, { type: "console", agent: ANA, calls: [call] }, 0);

test("a soft note every 45 seconds reminds of callers on hold, and of no others", () => {
  let heard = 0;
  const reminder = new HoldReminder({
    useSpeaker: () => {},
    start: () => {
      heard += 1;
    },
    stop: () => {},
  });
  const start = Date.parse("2026-01-05T09:01:00Z");
  const follow = (/** @type {any} */ call, /** @type {number} */ seconds) =>
    reminder.follow(stateWith(call), start + seconds * 1000, "");
  for (const second of [1, 44, 46, 60, 89, 91]) follow(held(), second);
  assert.equal(heard, 2);
  for (const second of [100, 200]) follow(consulting(), second);
  for (const second of [300, 400]) follow(carla(), second);
  assert.equal(heard, 2);
});

test("a page loaded during a hold does not catch up on reminders", () => {
  let heard = 0;
  const start = () => {
    heard += 1;
  };
  const reminder = new HoldReminder({ useSpeaker: () => {}, start, stop: () => {} });
  const state = stateWith(held());
  reminder.follow(state, Date.parse("2026-01-05T09:03:00Z"), "");
  assert.equal(heard, 0);
  reminder.follow(state, Date.parse("2026-01-05T09:03:16Z"), "");
  assert.equal(heard, 1);
});
