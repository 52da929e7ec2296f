import assert from "node:assert/strict";
import { test } from "node:test";
import { barOf, levelText } from "../../../../static/console/audio-devices/levels.js";

test("bars are even in decibels, and silence is no bar", () => {
  assert.deepEqual([0, Number.NaN, 0.001, 1, 2].map(barOf), [0, 0, 0, 1, 1]);
  assert.ok(Math.abs(barOf(10 ** -1.5) - 0.5) < 1e-9);
  assert.deepEqual([0, 0.5, 1].map(levelText), ["silent", "audible", "too loud"]);
});
