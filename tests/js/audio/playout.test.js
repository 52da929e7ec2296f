import assert from "node:assert/strict";
import { test } from "node:test";
import { JitterBuffer } from "../../../static/audio/jitter-buffer.js";
import { Playout } from "../../../static/audio/playout.js";
import { SampleRing } from "../../../static/audio/sample-ring.js";
import { PitchSearch, TimeScale } from "../../../static/audio/time-scale.js";
import { FRAME_SAMPLES, PCM } from "../../../static/audio/wire.js";

const QUANTUM = 128;
const PAYLOAD = new Uint8Array(FRAME_SAMPLES * 2);

/** @typedef {(sample: number) => number} Sound */

/** @param {number} hertz @returns {Sound} */
const sine = (hertz) => (sample) =>
  0.5 * Math.sin((2 * Math.PI * hertz * sample) / 48000);

/** @param {Sound} sound @param {number} index @returns {Float32Array} */
function frameOf(sound, index) {
  const samples = new Float32Array(FRAME_SAMPLES);
  for (let i = 0; i < FRAME_SAMPLES; i += 1) {
    samples[i] = sound(index * FRAME_SAMPLES + i);
  }
  return samples;
}

/**
 * Plays `seconds` of a call whose packets come when `arrival` says.
 *
 * @param {object} call
 * @param {number} call.seconds
 * @param {(index: number) => number | null} call.arrival milliseconds; null: lost
 * @param {Sound} [call.sound]
 * @param {number} [call.speakerRate] samples the speaker takes while 48000 are sent
 * @param {boolean} [call.adaptive] whether the target follows the network
 */
function play({
  seconds,
  arrival,
  sound = sine(220),
  speakerRate = 48000,
  adaptive = true,
}) {
  const buffer = new JitterBuffer();
  const playout = new Playout();
  const packets = [];
  for (let i = 0; i < seconds * 50; i += 1) {
    const at = arrival(i);
    if (at !== null) packets.push({ at, index: i });
  }
  packets.sort((a, b) => a.at - b.at);
  const heard = new Float32Array(Math.floor(seconds * speakerRate));
  const levels = [];
  for (let played = 0; played + QUANTUM <= heard.length; played += QUANTUM) {
    const now = (played * 1000) / speakerRate;
    while (packets.length > 0 && packets[0].at <= now) {
      const { at, index } = /** @type {{at: number, index: number}} */ (
        packets.shift()
      );
      const frame = {
        kind: PCM,
        talkSpurt: false,
        sequence: index & 0xffff,
        timestamp: (index * FRAME_SAMPLES) >>> 0,
        payload: PAYLOAD,
      };
      for (const playable of buffer.push(frame, at)) {
        for (let i = 0; i < playable.missing; i += 1) {
          playout.push(new Float32Array(FRAME_SAMPLES));
        }
        playout.push(frameOf(sound, playable.frame.sequence));
      }
      if (adaptive) playout.setTarget(buffer.targetMs);
    }
    playout.pull(heard.subarray(played, played + QUANTUM));
    if (Math.floor(now / 100) > levels.length - 1)
      levels.push(playout.report().bufferMs);
  }
  return { heard, levels, report: playout.report() };
}

/** @param {Float32Array} samples @returns {number} the largest step between neighbours */
function largestStep(samples) {
  let largest = 0;
  for (let i = 1; i < samples.length; i += 1) {
    largest = Math.max(largest, Math.abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

/** @param {Float32Array} samples @returns {number} hertz, by counting periods */
function pitchOf(samples) {
  let first = -1;
  let last = -1;
  let count = 0;
  for (let i = 1; i < samples.length; i += 1) {
    if (samples[i - 1] < 0 && samples[i] >= 0) {
      if (first < 0) first = i;
      else count += 1;
      last = i;
    }
  }
  return (count * 48000) / (last - first);
}

const steady = (/** @type {number} */ i) => i * 20 + 5;

test("audio that comes evenly is played as it is", () => {
  const { heard, report } = play({ seconds: 10, arrival: steady });
  assert.equal(report.underruns, 0);
  assert.equal(report.concealedMs, 0);
  assert.equal(report.droppedMs, 0);
  assert.ok(largestStep(heard) < 0.02);
  assert.ok(Math.abs(pitchOf(heard.subarray(48000)) - 220) < 0.5);
});

test("a stall of half a second is caught up in a second without losing a word", () => {
  const { heard, levels, report } = play({
    seconds: 8,
    arrival: (i) => (i >= 150 && i < 175 ? 175 * 20 : i * 20),
  });
  assert.equal(report.underruns, 1);
  assert.equal(report.droppedMs, 0);
  assert.ok(Math.max(...levels) > 400);
  const caughtUp = levels.findIndex((level, i) => i > 36 && level < 110);
  assert.ok(caughtUp > 0 && caughtUp < 50, `${levels.slice(35, 50)}`);
  assert.ok(report.acceleratedMs > 300);
  assert.ok(largestStep(heard) < 0.05, `${largestStep(heard)}`);
  assert.ok(Math.abs(pitchOf(heard.subarray(38 * 4800, 60 * 4800)) - 220) < 1);
});

test("a stall of two seconds is dropped, and audio is normal at once", () => {
  const { levels, report } = play({
    seconds: 8,
    arrival: (i) => (i >= 100 && i < 200 ? 200 * 20 : i * 20),
  });
  assert.equal(report.underruns, 1);
  assert.ok(report.droppedMs > 1000);
  assert.ok(levels[44] < 150, `${levels[44]}`);
});

/** @param {number} range */
const uniform = (range) => (/** @type {number} */ i) =>
  ((i * 7919) % 101) * (range / 100);

/** @param {(i: number) => number} jitter @returns {(i: number) => number} as TCP delivers */
function inOrder(jitter) {
  let previous = 0;
  return (i) => {
    previous = Math.max(previous, i * 20 + jitter(i));
    return previous;
  };
}

test("the adaptive target rides over jitter that a fixed one does not", () => {
  const jittery = () => inOrder(uniform(80));
  const adaptive = play({ seconds: 30, arrival: jittery() });
  const fixed = play({ seconds: 30, arrival: jittery(), adaptive: false });
  assert.ok(adaptive.report.underruns <= 3, `${adaptive.report.underruns}`);
  assert.ok(adaptive.report.underruns <= fixed.report.underruns);
  assert.ok(adaptive.report.targetMs >= 100);
  const calm = play({ seconds: 30, arrival: inOrder(uniform(30)) });
  assert.equal(calm.report.underruns, 0);
  assert.equal(calm.report.targetMs, 60);
});

test("single losses are no underruns", () => {
  const { report } = play({
    seconds: 20,
    arrival: (i) => (i % 20 === 7 ? null : i * 20),
  });
  assert.equal(report.underruns, 0);
});

for (const speakerRate of [48010, 47990]) {
  test(`ten minutes at ${speakerRate} Hz neither run dry nor pile up`, () => {
    const { levels, report } = play({ seconds: 600, arrival: steady, speakerRate });
    assert.equal(report.underruns, 0);
    assert.equal(report.droppedMs, 0);
    assert.ok(Math.max(...levels.slice(100)) < 110);
  });
}

test("a gap fades out instead of breaking off", () => {
  const { heard, report } = play({
    seconds: 2,
    arrival: (i) => (i < 50 ? i * 20 : null),
  });
  assert.equal(report.underruns, 1);
  assert.ok(largestStep(heard) < 0.05);
  assert.ok(heard.subarray(-4800).every((sample) => sample === 0));
});

test("intended silence does not count as an underrun", () => {
  const playout = new Playout();
  const output = new Float32Array(QUANTUM);
  const tone = frameOf(sine(300), 0);
  for (let i = 0; i < 4; i += 1) playout.push(tone);
  for (let i = 0; i < 100; i += 1) playout.pull(output);
  assert.equal(playout.report().underruns, 1);
  playout.talkSpurt();
  assert.equal(playout.report().underruns, 0);
  assert.equal(playout.report().concealedMs, 0);
});

test("a lone packet of comfort noise is played after a while", () => {
  const playout = new Playout();
  const output = new Float32Array(QUANTUM);
  playout.push(frameOf(sine(300), 0));
  for (let i = 0; i < 40; i += 1) playout.pull(output);
  assert.ok(playout.report().rms > 0.05);
});

test("a new call begins with an empty buffer and counters at zero", () => {
  const playout = new Playout();
  const output = new Float32Array(QUANTUM);
  for (let i = 0; i < 10; i += 1) playout.push(frameOf(sine(300), i));
  for (let i = 0; i < 10; i += 1) playout.pull(output);
  playout.restart();
  assert.equal(playout.report().bufferMs, 0);
  for (let i = 0; i < 100; i += 1) playout.pull(output);
  const { underruns, concealedMs } = playout.report();
  assert.deepEqual({ underruns, concealedMs }, { underruns: 0, concealedMs: 0 });
});

test("however much is pushed, no more than a second waits", () => {
  const playout = new Playout();
  for (let i = 0; i < 2000; i += 1) playout.push(frameOf(sine(300), i));
  assert.ok(playout.report().bufferMs <= 1000);
  assert.ok(playout.report().droppedMs > 38_000);
});

test("the pitch search finds the period of a voice", () => {
  const pitch = new PitchSearch();
  for (const hertz of [80, 120, 220, 390]) {
    const ring = new SampleRing();
    for (let i = 0; i < 5; i += 1) ring.push(frameOf(sine(hertz), i));
    pitch.find(ring, ring.position, 1);
    const periods = (pitch.lag * hertz) / 48000;
    assert.ok(Math.abs(periods - Math.round(periods)) < 0.02, `${hertz}: ${pitch.lag}`);
    assert.ok(pitch.correlation > 0.99);
  }
});

test("noise is left alone unless it must be shortened", () => {
  let seed = 5;
  const noise = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed / 0x7fffffff - 0.5;
  };
  const ring = new SampleRing();
  for (let i = 0; i < 5; i += 1) ring.push(frameOf(noise, i));
  const scale = new TimeScale();
  const before = ring.level;
  assert.equal(scale.accelerate(ring, false), 0);
  assert.equal(ring.level, before);
  const removed = scale.accelerate(ring, true);
  assert.ok(removed >= 120 && removed <= 720);
  assert.equal(ring.level, before - removed);
});

test("expanding puts in exactly one period", () => {
  const ring = new SampleRing();
  for (let i = 0; i < 10; i += 1) ring.push(frameOf(sine(200), i));
  ring.skip(4800);
  const before = ring.level;
  const added = new TimeScale().expand(ring);
  assert.equal(added % 240, 0);
  assert.equal(ring.level, before + added);
});
