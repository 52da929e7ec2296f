import assert from "node:assert/strict";
import { test } from "node:test";
import { Downlink } from "../../../static/audio/downlink.js";
import { OPUS_SILENCE } from "../../../static/audio/opus.js";
import { encodePcm, PcmDecoder } from "../../../static/audio/pcm.js";
import { FrameCounter, Uplink } from "../../../static/audio/uplink.js";
import { encodeFrame, OPUS, PCM, parseFrame } from "../../../static/audio/wire.js";

const VOICE = () => new Float32Array(960).fill(0.5);

test("frames are numbered without a hole, and the counters wrap", () => {
  const counter = new FrameCounter();
  let last = counter.next();
  assert.deepEqual(last, { sequence: 0, timestamp: 0, talkSpurt: true });
  for (let i = 1; i < 70_000; i += 1) last = counter.next();
  assert.equal(last.sequence, 69_999 & 0xffff);
  assert.equal(last.timestamp, (69_999 * 960) >>> 0);
  assert.equal(last.talkSpurt, false);
  for (let i = 70_000; i < 4_473_925; i += 1) last = counter.next();
  assert.equal(last.timestamp, (4_473_924 * 960) % 2 ** 32);
});

test("a frame that could not be sent leaves a gap in the sequence", () => {
  const sent = /** @type {Uint8Array<ArrayBuffer>[]} */ ([]);
  let full = false;
  const uplink = new Uplink((message) => !full && sent.push(message) > 0);
  uplink.send(OPUS, OPUS_SILENCE);
  full = true;
  uplink.send(OPUS, OPUS_SILENCE);
  full = false;
  uplink.skip();
  uplink.send(OPUS, OPUS_SILENCE);
  const frames = sent.map((message) => parseFrame(message.buffer));
  assert.deepEqual(
    frames.map(({ sequence, timestamp, talkSpurt }) => [
      sequence,
      timestamp,
      talkSpurt,
    ]),
    [
      [0, 0, true],
      [3, 2880, false],
    ],
  );
  assert.equal(uplink.sent, 2);
  assert.equal(uplink.dropped, 2);
  uplink.beginStream();
  uplink.send(OPUS, OPUS_SILENCE);
  assert.ok(parseFrame(/** @type {any} */ (sent.at(-1)).buffer).talkSpurt);
});

test("mute fades within one frame and is true silence after it", () => {
  const uplink = new Uplink(() => true);
  const loud = VOICE();
  uplink.prepare(loud);
  assert.ok(loud.every((sample) => Math.abs(sample - 0.5) < 1e-6));
  uplink.muted = true;
  const fading = VOICE();
  uplink.prepare(fading);
  for (let i = 1; i < 960; i += 1) assert.ok(fading[i] <= fading[i - 1]);
  assert.ok(fading[0] > 0.49 && fading[959] < 0.001);
  const silent = VOICE();
  uplink.prepare(silent);
  assert.ok(silent.every((sample) => sample === 0));
  uplink.muted = false;
  uplink.prepare(VOICE());
  const again = VOICE();
  uplink.prepare(again);
  assert.ok(again.every((sample) => sample === 0.5));
});

test("the level is that of the microphone, muted or not", () => {
  const uplink = new Uplink(() => true);
  uplink.muted = true;
  uplink.prepare(VOICE());
  assert.ok(Math.abs(uplink.takeLoudness() - 0.5) < 1e-6);
  assert.equal(uplink.takeLoudness(), 0);
  assert.equal(uplink.takeFlat(), false);
  uplink.prepare(new Float32Array(960));
  assert.equal(uplink.takeFlat(), true);
});

test("audio that waited through a stall is too old to be sent", () => {
  const uplink = new Uplink(() => true);
  assert.ok(!uplink.tooOld(20));
  assert.ok(uplink.tooOld(301));
});

/** A player that keeps what it is told, and takes sound only when asked. */
class Player {
  told = /** @type {any[]} */ ([]);

  /** @param {object} message */
  postMessage(message) {
    this.told.push(message);
  }

  get pieces() {
    return this.told.filter(({ samples }) => samples).length;
  }
}

/** @param {Partial<import("../../../static/audio/wire.js").Frame>} change */
function pcm(change) {
  const payload = encodePcm(VOICE());
  const frame = { kind: PCM, talkSpurt: false, sequence: 0, timestamp: 0, payload };
  return encodeFrame({ ...frame, ...change }).buffer;
}

function listen() {
  const player = new Player();
  const decoder = new PcmDecoder((samples) => downlink.play(samples));
  const downlink = new Downlink(player, (kind) => (kind === PCM ? decoder : null));
  return { player, downlink };
}

test("what arrives is decoded and played, and the player learns its target", () => {
  const { player, downlink } = listen();
  for (let i = 0; i < 3; i += 1) {
    downlink.receive(pcm({ sequence: i, timestamp: i * 960 }), i * 20);
  }
  assert.equal(player.pieces, 3);
  assert.deepEqual(
    player.told.filter(({ target }) => target),
    [{ target: 60 }],
  );
  assert.equal(downlink.report().received, 3);
});

test("missing frames are filled, softer each time", () => {
  const { player, downlink } = listen();
  downlink.receive(pcm({ sequence: 0 }), 0);
  downlink.receive(pcm({ sequence: 3, timestamp: 2880 }), 60);
  const first = player.told
    .filter(({ samples }) => samples)
    .map(({ samples }) => samples[0]);
  assert.equal(first.length, 4);
  assert.ok(first[1] < first[0] && first[2] < first[1] && first[3] === first[0]);
  assert.equal(downlink.report().lost, 2);
});

test("broken frames are counted and nothing else", () => {
  const { player, downlink } = listen();
  downlink.receive(new ArrayBuffer(0), 0);
  downlink.receive(new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 1]).buffer, 0);
  downlink.receive(pcm({ kind: OPUS, payload: OPUS_SILENCE }), 0);
  assert.equal(player.pieces, 0);
  assert.equal(downlink.report().bad, 3);
});

test("a player that stalls is not flooded", () => {
  const { player, downlink } = listen();
  for (let i = 0; i < 1000; i += 1) {
    downlink.receive(pcm({ sequence: i, timestamp: i * 960 }), i * 20);
  }
  assert.ok(player.pieces <= 101);
  assert.ok(downlink.report().droppedMs > 17_000);
  downlink.played({ ...report(), pushes: player.pieces });
  downlink.receive(pcm({ sequence: 1000, timestamp: 960_000 }), 20_000);
  assert.equal(player.pieces, 102);
});

function report() {
  return {
    bufferMs: 0,
    targetMs: 60,
    underruns: 0,
    concealedMs: 0,
    acceleratedMs: 0,
    expandedMs: 0,
    droppedMs: 0,
    pushes: 0,
    rms: 0.25,
  };
}

test("another call counts from zero and begins with an empty player", () => {
  const { player, downlink } = listen();
  downlink.receive(pcm({ sequence: 0 }), 0);
  downlink.receive(pcm({ sequence: 4, timestamp: 3840 }), 80);
  downlink.restart();
  assert.deepEqual(player.told.at(-1), { restart: true });
  const { received, lost, bad } = downlink.report();
  assert.deepEqual({ received, lost, bad }, { received: 0, lost: 0, bad: 0 });
});

test("loudness is what the player says it plays", () => {
  const { downlink } = listen();
  assert.equal(downlink.loudness, 0);
  downlink.played(report());
  assert.equal(downlink.loudness, 0.25);
});
