import assert from "node:assert/strict";
import { test } from "node:test";
import { chimeSamples, ringbackSamples } from "../../../static/audio/ringer.js";

test("the ringback is one second of 425 Hz in five, quiet and without a click", () => {
  const rate = 24_000;
  const samples = ringbackSamples(rate);
  assert.equal(samples.length, 5 * rate);
  const tone = samples.subarray(0, rate);
  let crossings = 0;
  for (let i = 1; i < tone.length; i += 1) {
    if (tone[i - 1] < 0 !== tone[i] < 0) crossings += 1;
  }
  assert.ok(Math.abs(crossings - 2 * 425) <= 2);
  assert.ok(samples.subarray(rate).every((sample) => sample === 0));
  assert.ok(Math.max(...tone) < 0.1);
  assert.ok(Math.abs(samples[0]) < 0.001 && Math.abs(samples[rate - 1]) < 0.001);
});

test("the chime is short and ends in silence", () => {
  const rate = 24_000;
  const samples = chimeSamples(rate);
  assert.equal(samples.length, rate);
  assert.ok(samples.subarray(0.7 * rate).every((sample) => sample === 0));
});
