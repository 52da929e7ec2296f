import assert from "node:assert/strict";
import { test } from "node:test";
import {
  lostFramePacket,
  OPUS_SILENCE,
  opusPacketSamples,
} from "../../../static/audio/opus.js";
import { decodePcm, encodePcm } from "../../../static/audio/pcm.js";
import {
  encodeFrame,
  FrameError,
  OPUS,
  PCM,
  parseFrame,
  sequenceDistance,
  timestampDistance,
} from "../../../static/audio/wire.js";

test("a frame has the layout the node expects, byte for byte", () => {
  const message = encodeFrame({
    kind: OPUS,
    talkSpurt: true,
    sequence: 0x1234,
    timestamp: 0xdeadbeef,
    payload: new Uint8Array([0xf8, 0xff, 0xfe]),
  });
  assert.deepEqual(
    [...message],
    [1, 1, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0xf8, 0xff, 0xfe],
  );
});

test("what was encoded parses to the same frame", () => {
  for (const sequence of [0, 1, 32767, 32768, 65535]) {
    for (const timestamp of [0, 960, 2 ** 31, 2 ** 32 - 1]) {
      const payload = new Uint8Array(1920).fill(sequence & 0xff);
      const frame = { kind: PCM, talkSpurt: false, sequence, timestamp, payload };
      assert.deepEqual(parseFrame(encodeFrame(frame).buffer), frame);
    }
  }
});

test("a broken frame is refused with a reason", () => {
  const broken = [
    [],
    [1, 0, 0, 1, 0, 0, 0, 0],
    [3, 0, 0, 1, 0, 0, 0, 0, 9],
    [2, 0, 0, 1, 0, 0, 0, 0, 9],
    [1, 0, 0, 1, 0, 0, 0, 0, ...new Array(1276).fill(7)],
  ];
  for (const bytes of broken) {
    assert.throws(() => parseFrame(new Uint8Array(bytes).buffer), FrameError);
  }
});

test("no random message does more than raise a frame error", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed;
  };
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: random() % 40 }, () => random() >> 8);
    try {
      const frame = parseFrame(bytes.buffer);
      assert.equal(frame.payload.length, bytes.length - 8);
    } catch (error) {
      assert.ok(error instanceof FrameError);
    }
  }
});

test("distances survive the wrap of both counters", () => {
  assert.equal(sequenceDistance(65535, 0), 1);
  assert.equal(sequenceDistance(0, 65535), -1);
  assert.equal(sequenceDistance(65530, 4), 10);
  assert.equal(timestampDistance(2 ** 32 - 960, 0), 960);
  assert.equal(timestampDistance(0, 2 ** 32 - 960), -960);
});

test("the first byte of an Opus packet tells how long it lasts", () => {
  const lengths = [
    [[0xf8, 0xff, 0xfe], 960],
    [[0x08, 1], 960],
    [[0x18, 1], 2880],
    [[0x60, 1], 480],
    [[0xe0, 1], 120],
    [[0xf9, 1], 1920],
    [[0xfb, 3, 1], 2880],
    [[0x1b, 3, 1], 0],
    [[0xfb], 0],
    [[], 0],
  ];
  for (const [bytes, samples] of lengths) {
    assert.equal(
      opusPacketSamples(new Uint8Array(/** @type {number[]} */ (bytes))),
      samples,
    );
  }
});

test("a lost frame is asked for by the first byte alone, without its frame count", () => {
  assert.deepEqual([...lostFramePacket(new Uint8Array([0xfb, 3, 9]))], [0xf8]);
  assert.equal(opusPacketSamples(lostFramePacket(OPUS_SILENCE)), 960);
});

test("PCM clips what is too loud and keeps what is not", () => {
  const samples = decodePcm(encodePcm(new Float32Array([0, 0.5, -0.5, 3, -3])));
  const expected = [0, 0.5, -0.5, 1, -1];
  samples.forEach((sample, i) => {
    assert.ok(Math.abs(sample - expected[i]) < 1e-4);
  });
});

test("PCM is read at any offset of a message", () => {
  const message = new Uint8Array([9, 0xff, 0x7f, 0, 0x80]);
  assert.deepEqual([...decodePcm(message.subarray(1))], [32767 / 32768, -1]);
});
