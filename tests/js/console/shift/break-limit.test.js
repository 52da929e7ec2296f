import assert from "node:assert/strict";
import { test } from "node:test";
import { breakLimitText } from "../../../../static/console/shift/break-limit.js";
import { NOW } from "../calls.js";

test("a break counts down, then shows in words how far it is over", () => {
  const until = (/** @type {number} */ seconds) =>
    breakLimitText(new Date(NOW + seconds * 1000).toISOString(), NOW);
  assert.equal(until(751), "12:31 left");
  assert.equal(until(0), "just over");
  assert.equal(until(-59), "just over");
  assert.equal(until(-60), "1 minute over");
  assert.equal(until(-200), "3 minutes over");
  assert.equal(breakLimitText(null, NOW), "");
  assert.equal(breakLimitText("2026-01-05T09:00:00Z", Number.NaN), "");
});
