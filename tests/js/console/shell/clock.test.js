import assert from "node:assert/strict";
import { test } from "node:test";

import {
  formatDuration,
  ServerClock,
  secondsSince,
  spokenDuration,
} from "../../../../static/console/shell/clock.js";

const NINE = "2026-01-05T09:00:00Z";
const NINE_MS = Date.parse(NINE);

test("the clock follows the server, whatever the laptop says", () => {
  const clock = new ServerClock();
  assert.ok(Number.isNaN(clock.now(5)));
  clock.observe(NINE, 1000);
  assert.equal(clock.now(3500), NINE_MS + 2500);
});

test("a delayed message does not set the clock back", () => {
  const clock = new ServerClock();
  clock.observe(NINE, 1000);
  clock.observe("2026-01-05T09:00:05Z", 1000 + 5000 + 800);
  assert.equal(clock.now(11_000), NINE_MS + 10_000);
});

test("after a sleep the clock starts anew", () => {
  const clock = new ServerClock();
  clock.observe(NINE, 1000);
  clock.reset();
  clock.observe("2026-01-05T08:00:00Z", 2000);
  assert.equal(clock.now(2000), Date.parse("2026-01-05T08:00:00Z"));
});

test("nonsense instead of a time is passed over", () => {
  const clock = new ServerClock();
  clock.observe("soon", 1000);
  assert.ok(Number.isNaN(clock.now(1000)));
});

test("elapsed seconds are whole, and never negative or unknown", () => {
  assert.equal(secondsSince(NINE, NINE_MS + 7999), 7);
  assert.equal(secondsSince(NINE, NINE_MS - 5000), 0);
  assert.equal(secondsSince(null, NINE_MS), 0);
  assert.equal(secondsSince(NINE, Number.NaN), 0);
});

test("durations read as on a telephone, and aloud", () => {
  assert.deepEqual([0, 7, 754, 3723].map(formatDuration), [
    "0:00",
    "0:07",
    "12:34",
    "1:02:03",
  ]);
  assert.equal(spokenDuration(0), "0 seconds");
  assert.equal(spokenDuration(754), "12 minutes 34 seconds");
  assert.equal(spokenDuration(3661), "1 hour 1 minute 1 second");
});
