import assert from "node:assert/strict";
import { test } from "node:test";
import { Echo, HEARD_AFTER_MS } from "../../../static/audio/echo.js";
import { OPUS_SILENCE } from "../../../static/audio/opus.js";
import { encodeFrame, OPUS } from "../../../static/audio/wire.js";

/** @param {number} count the frame of that number in a stream */
function frame(count) {
  return encodeFrame({
    kind: OPUS,
    talkSpurt: false,
    sequence: count & 0xffff,
    timestamp: (count * 960) >>> 0,
    payload: OPUS_SILENCE,
  });
}

/**
 * So many frames that leave 20 ms apart; each comes back after `delay` of it, or never.
 * @param {number} count
 * @param {(index: number) => number | null} delay
 */
function checked(count, delay) {
  const echo = new Echo();
  const back = [];
  for (let i = 0; i < count; i += 1) {
    echo.leaves(frame(i), i * 20);
    const after = delay(i);
    if (after !== null) back.push({ at: i * 20 + after, message: frame(i).buffer });
  }
  back.sort((one, other) => one.at - other.at);
  for (const { at, message } of back) echo.returns(message, at);
  return echo;
}

test("the delay is the middle of the last second, so one stall does not count", () => {
  const echo = checked(100, (i) => (i === 90 ? 800 : 40 + (i % 3)));
  assert.equal(echo.networkMs, 41);
  assert.equal(echo.returned, 100);
});

test("before anything came back no delay is claimed", () => {
  assert.equal(new Echo().networkMs, null);
  assert.equal(checked(20, () => null).networkMs, null);
});

test("frames that do not come back are lost, those still on their way are not", () => {
  assert.equal(checked(40, () => null).lost, 0);
  const isLate = (/** @type {number} */ i) => i >= 480;
  const some = checked(500, (i) => (i % 10 === 0 || isLate(i) ? null : 30));
  assert.equal(some.lost, 46);
});

test("what comes back is heard a second later, in its order, once", () => {
  const echo = new Echo();
  for (const i of [0, 1, 2]) {
    echo.leaves(frame(i), 0);
    echo.returns(frame(i).buffer, 50 + i);
  }
  assert.deepEqual(echo.take(50 + HEARD_AFTER_MS - 1), []);
  assert.equal(echo.take(51 + HEARD_AFTER_MS).length, 2);
  assert.equal(echo.take(99 + HEARD_AFTER_MS).length, 1);
  assert.deepEqual(echo.take(99_999), []);
});

test("a frame that was never sent, or that comes twice, is not played", () => {
  const echo = new Echo();
  echo.leaves(frame(0), 0);
  echo.returns(frame(7).buffer, 10);
  echo.returns(frame(0).buffer, 10);
  echo.returns(frame(0).buffer, 11);
  assert.equal(echo.returned, 1);
  assert.equal(echo.take(5_000).length, 1);
});

test("neither a server that keeps everything nor one that floods fills the memory", () => {
  const echo = new Echo();
  for (let i = 0; i < 5_000; i += 1) echo.leaves(frame(i), 0);
  for (let i = 0; i < 5_000; i += 1) echo.returns(frame(i).buffer, 1);
  assert.ok(echo.returned <= 500, `${echo.returned}`);
  assert.ok(echo.take(60_000).length <= 150);
});

test("timestamps that wrap are measured like others", () => {
  const echo = new Echo();
  const last = Math.floor(2 ** 32 / 960);
  echo.leaves(frame(last), 0);
  echo.leaves(frame(last + 1), 20);
  echo.returns(frame(last + 1).buffer, 50);
  assert.equal(echo.networkMs, 30);
});
