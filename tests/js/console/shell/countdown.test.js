import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countdown,
  secondsUntil,
  spokenCountdown,
} from "../../../../static/console/shell/countdown.js";
import { NOW } from "../calls.js";

test("the wrap-up counts down to zero and stays there", () => {
  const until = new Date(NOW + 41_200).toISOString();
  assert.equal(secondsUntil(until, NOW), 42);
  assert.equal(countdown(until, NOW), "0:42");
  assert.equal(spokenCountdown(until, NOW), "42 seconds");
  assert.equal(countdown(until, NOW + 60_000), "0:00");
  assert.equal(countdown(null, NOW), "0:00");
});
