import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeKept,
  KEPT_BYTES_MAX,
  REWIND_MS,
  RewindBuffer,
} from "../../../static/audio/rewind.js";
import { FRAME_SAMPLES, OPUS, PCM } from "../../../static/audio/wire.js";

/** @returns {any} */
function packet({ number = 0, kind = OPUS, bytes = 80, missing = 0, samples = 960 }) {
  const payload = new Uint8Array(bytes).fill(number % 256);
  const frame = { kind, payload, sequence: number, timestamp: 0, talkSpurt: false };
  return { frame, samples, missing, talkSpurt: false };
}

/** @param {number} count */
function heard(count, from = 0) {
  const rewind = new RewindBuffer();
  rewind.keeping = "on";
  for (let i = from; i < from + count; i += 1) rewind.hear(packet({ number: i }));
  return rewind;
}

/** Makes of each packet samples of its first byte; `waiting` falls with every turn. */
class Decoder {
  waiting = 0;
  closed = 0;
  mostWaiting = 0;

  /** @param {(samples: Float32Array<ArrayBuffer>) => void} take */
  constructor(take) {
    this.take = take;
  }

  /** @param {Uint8Array} payload */
  decode(payload) {
    this.waiting += 1;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    setTimeout(() => {
      this.waiting -= 1;
      this.take(new Float32Array(FRAME_SAMPLES).fill(payload[0]));
    }, 0);
  }

  /** @param {number} missing */
  conceal(missing) {
    for (let i = 0; i < missing; i += 1) this.decode(new Uint8Array([255]));
  }

  async flush() {
    while (this.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  close() {
    this.closed += 1;
  }
}

test("a call keeps the last 20 seconds, and as many packets as they have", () => {
  const rewind = heard(3000);

  assert.equal(rewind.ms, REWIND_MS);
  assert.equal(rewind.all().length, 1000);
  assert.equal(rewind.bytes, 80_000);
  assert.equal(rewind.all()[0].payload[0], 2000 % 256);
});

test("no sender fills the memory, however large the packets are", () => {
  const rewind = new RewindBuffer();
  rewind.keeping = "on";
  for (let i = 0; i < 9000; i += 1) {
    rewind.hear(packet({ number: i, bytes: 1275, samples: 120 }));
  }

  assert.ok(rewind.bytes <= KEPT_BYTES_MAX);
  assert.ok(rewind.ms <= REWIND_MS);
});

test("a packet that holds no audio is not kept", () => {
  const rewind = new RewindBuffer();
  rewind.keeping = "on";
  rewind.hear(packet({ samples: 0 }));

  assert.equal(rewind.all().length, 0);
});

test("nothing is kept before it is switched on, or while it is paused", () => {
  const rewind = new RewindBuffer();
  rewind.hear(packet({}));
  assert.equal(rewind.ms, 0);

  rewind.keeping = "on";
  rewind.hear(packet({}));
  rewind.keeping = "paused";
  rewind.hear(packet({}));
  assert.equal(rewind.ms, 20);
});

test("switched off, what was kept is gone", () => {
  const rewind = heard(50);
  rewind.keeping = "off";

  assert.deepEqual([rewind.ms, rewind.bytes, rewind.all()], [0, 0, []]);
});

test("all that was kept is decoded in order, in batches", async () => {
  const decoders = /** @type {Decoder[]} */ ([]);
  const sound = await decodeKept(heard(100).all(), (_, take) => {
    decoders.push(new Decoder(take));
    return /** @type {any} */ (decoders[0]);
  });

  assert.equal(sound.length, 100 * FRAME_SAMPLES);
  assert.deepEqual([sound[0], sound[FRAME_SAMPLES * 57]], [0, 57]);
  assert.ok(decoders[0].mostWaiting <= 40);
  assert.equal(decoders[0].closed, 1);
});

test("what was lost on its way lasts as long as it would have", async () => {
  const rewind = heard(2);
  rewind.hear(packet({ number: 5, missing: 3 }));
  const sound = await decodeKept(rewind.all(), (_, take) => new Decoder(take));

  assert.equal(rewind.ms, 120);
  assert.equal(sound.length, 6 * FRAME_SAMPLES);
  assert.equal(sound[2 * FRAME_SAMPLES], 255);
  assert.equal(sound[5 * FRAME_SAMPLES], 5);
});

test("after a change of codec each part has its decoder", async () => {
  const rewind = heard(2);
  rewind.hear(packet({ number: 2, kind: PCM }));
  const kinds = /** @type {number[]} */ ([]);
  const sound = await decodeKept(rewind.all(), (kind, take) => {
    kinds.push(kind);
    return new Decoder(take);
  });

  assert.deepEqual(kinds, [OPUS, PCM]);
  assert.equal(sound.length, 3 * FRAME_SAMPLES);
});

test("what nobody waits for any more is not decoded to its end", async () => {
  let asked = 0;
  const sound = await decodeKept(
    heard(1000).all(),
    (_, take) => new Decoder(take),
    () => {
      asked += 1;
      return asked < 10;
    },
  );

  assert.ok(sound.length < 20 * FRAME_SAMPLES);
});

test("nothing kept is nothing heard", async () => {
  const sound = await decodeKept([], () => assert.fail("no decoder is needed"));

  assert.equal(sound.length, 0);
});
