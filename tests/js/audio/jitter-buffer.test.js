import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DelayEstimator,
  SlidingMinimum,
} from "../../../static/audio/delay-estimator.js";
import { JitterBuffer } from "../../../static/audio/jitter-buffer.js";
import { OPUS } from "../../../static/audio/wire.js";

/** @import {Frame} from "../../../static/audio/wire.js" */

/**
 * @param {number} index the packet's place in the stream
 * @param {Partial<Frame>} [change]
 * @returns {Frame}
 */
function packet(index, change) {
  return {
    kind: OPUS,
    talkSpurt: false,
    sequence: index & 0xffff,
    timestamp: (index * 960) >>> 0,
    payload: new Uint8Array([0xf8, 0xff, 0xfe]),
    ...change,
  };
}

/** @param {ReturnType<JitterBuffer["push"]>} playable */
const told = (playable) => playable.map((p) => [p.frame.sequence, p.missing]);

test("packets in order pass at once, also over the wrap of the sequence", () => {
  const buffer = new JitterBuffer();
  for (let i = 65530; i < 65545; i += 1) {
    assert.deepEqual(told(buffer.push(packet(i), i * 20)), [[i & 0xffff, 0]]);
  }
  assert.equal(buffer.lost, 0);
  assert.equal(buffer.received, 15);
});

test("a loss is concealed at once while nothing ever came out of order", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  assert.deepEqual(told(buffer.push(packet(3), 60)), [[3, 2]]);
  assert.equal(buffer.lost, 2);
});

test("more than five missing packets are skipped, not made up", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  assert.deepEqual(told(buffer.push(packet(20), 400)), [[20, 0]]);
  assert.equal(buffer.lost, 19);
});

test("after a late packet the buffer waits for the next one", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  buffer.push(packet(2), 40);
  assert.deepEqual(buffer.push(packet(1), 45), []);
  assert.equal(buffer.late, 1);
  assert.deepEqual(buffer.push(packet(4), 80), []);
  assert.ok(buffer.holding);
  assert.deepEqual(told(buffer.push(packet(3), 90)), [
    [3, 0],
    [4, 0],
  ]);
  assert.ok(!buffer.holding);
});

test("it waits for thirty milliseconds or three packets at most", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  buffer.push(packet(2), 40);
  buffer.push(packet(1), 45);
  buffer.push(packet(4), 80);
  assert.deepEqual(buffer.expire(100), []);
  assert.deepEqual(told(buffer.expire(111)), [[4, 1]]);
  buffer.push(packet(6), 120);
  buffer.push(packet(8), 125);
  assert.deepEqual(told(buffer.push(packet(7), 130)), [
    [6, 1],
    [7, 0],
    [8, 0],
  ]);
});

test("a duplicate is dropped and does not make the buffer wait", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  buffer.push(packet(1), 20);
  assert.deepEqual(buffer.push(packet(1), 21), []);
  assert.deepEqual(buffer.push(packet(0), 22), []);
  assert.equal(buffer.late, 0);
  assert.deepEqual(told(buffer.push(packet(3), 60)), [[3, 1]]);
});

test("a jump of the timestamp alone is a talk spurt, not a loss", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  const [jumped] = buffer.push(packet(1, { timestamp: 960 * 50 }), 1000);
  assert.ok(jumped.talkSpurt);
  assert.equal(jumped.missing, 0);
  const [flagged] = buffer.push(packet(2, { timestamp: 7, talkSpurt: true }), 1020);
  assert.ok(flagged.talkSpurt);
  assert.equal(buffer.lost, 0);
});

test("a talk spurt is not held back, and frees what is held", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  buffer.push(packet(2), 40);
  buffer.push(packet(1), 45);
  assert.deepEqual(buffer.push(packet(4), 80), []);
  assert.deepEqual(told(buffer.push(packet(7, { talkSpurt: true }), 85)), [
    [4, 1],
    [7, 0],
  ]);
  assert.ok(!buffer.holding);
});

test("a stream that begins again elsewhere is followed", () => {
  const buffer = new JitterBuffer();
  buffer.push(packet(0), 0);
  assert.deepEqual(told(buffer.push(packet(40000), 20)), [[40000, 0]]);
  assert.deepEqual(told(buffer.push(packet(40001), 40)), [[40001, 0]]);
  assert.equal(buffer.lost, 0);
});

test("whatever order packets come in, nothing is played twice or backwards", () => {
  let seed = 11;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const buffer = new JitterBuffer();
  let last = -1;
  for (let i = 0; i < 5000; i += 1) {
    if (random() < 0.05) continue;
    const index = random() < 0.1 ? Math.max(0, i - Math.floor(random() * 4)) : i;
    const frame = packet(index, { talkSpurt: random() < 0.02 });
    const played = [...buffer.push(frame, i * 20), ...buffer.expire(i * 20)];
    for (const { frame, missing } of played) {
      assert.ok(frame.sequence > last, `${frame.sequence} after ${last}`);
      assert.ok(missing >= 0 && missing <= 5);
      last = frame.sequence;
    }
  }
  assert.ok(last > 4990);
});

/**
 * @param {(index: number) => number} jitter milliseconds each packet is late
 * @param {number} seconds
 * @param {DelayEstimator} [estimator]
 */
function estimate(jitter, seconds, estimator = new DelayEstimator()) {
  let previous = 0;
  for (let i = 0; i < seconds * 50; i += 1) {
    previous = Math.max(previous, i * 20 + jitter(i));
    estimator.observe({
      arrival: previous,
      timestamp: (i * 960) >>> 0,
      samples: 960,
      missing: 0,
      talkSpurt: false,
    });
  }
  return estimator.targetMs;
}

/** @param {number} range */
const uniform = (range) => (/** @type {number} */ i) =>
  ((i * 7919) % 101) * (range / 100);

test("a quiet network lowers the target to forty milliseconds", () => {
  assert.equal(new DelayEstimator().targetMs, 60);
  assert.equal(
    estimate(() => 0, 120),
    40,
  );
});

test("jitter raises the target to what covers it", () => {
  assert.equal(estimate(uniform(30), 60), 60);
  const wide = estimate(uniform(80), 60);
  assert.ok(wide >= 100 && wide <= 120, `${wide}`);
  const wider = estimate(uniform(150), 60);
  assert.ok(wider >= 160 && wider <= 200, `${wider}`);
});

test("one stall in a call does not raise the target", () => {
  for (let from = 150; from < 300; from += 7) {
    const stall = (/** @type {number} */ i) =>
      i >= from && i < from + 25 ? (from + 25 - i) * 20 : 0;
    const target = estimate(stall, 10);
    assert.ok(target <= 60, `${target} after a stall at packet ${from}`);
  }
});

test("a stall every two seconds does, up to the limit", () => {
  const stalls = estimate((i) => (i % 100 < 10 ? (10 - (i % 100)) * 20 : 0), 60);
  assert.ok(stalls >= 200 && stalls <= 240, `${stalls}`);
  assert.equal(
    estimate((i) => (i % 50 < 40 ? (40 - (i % 50)) * 20 : 0), 120),
    240,
  );
});

test("clocks that run apart do not look like delay", () => {
  assert.equal(
    estimate((i) => i * 20 * 0.0002, 300),
    40,
  );
});

test("long packets wait for their own length more", () => {
  const estimator = new DelayEstimator();
  estimator.observe({
    arrival: 0,
    timestamp: 0,
    samples: 2880,
    missing: 0,
    talkSpurt: false,
  });
  assert.equal(estimator.targetMs, 100);
});

test("another speaker's clock does not look like delay", () => {
  const estimator = new DelayEstimator();
  estimate(() => 0, 60, estimator);
  for (let i = 0; i < 500; i += 1) {
    estimator.observe({
      arrival: 60_000 + i * 20,
      timestamp: 5 + i * 960,
      samples: 960,
      missing: 0,
      talkSpurt: i === 0,
    });
  }
  assert.equal(estimator.targetMs, 40);
});

test("the sliding minimum forgets after ten seconds", () => {
  const minimum = new SlidingMinimum();
  assert.equal(minimum.add(500, 3), 3);
  assert.equal(minimum.add(9500, 7), 3);
  assert.equal(minimum.add(10_500, 7), 7);
  assert.equal(minimum.add(99_500, 9), 9);
});
