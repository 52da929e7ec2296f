import assert from "node:assert/strict";
import { test } from "node:test";
import { Incoming } from "../../../static/audio/incoming.js";
import { encodeFrame, OPUS, streamOf } from "../../../static/audio/wire.js";

/** @param {number} stream @param {number} sequence */
function frame(stream, sequence) {
  const payload = new Uint8Array([0xf8, stream]);
  const numbers = { sequence, timestamp: sequence * 960, talkSpurt: false };
  const message = encodeFrame({ kind: OPUS, payload, ...numbers });
  message[1] |= stream << 4;
  return message.buffer;
}

/** Its decoders give one sample: the number that the packet holds. */
function incoming() {
  const played = /** @type {any[]} */ ([]);
  const decoders = /** @type {object[]} */ ([]);
  const player = { postMessage: (/** @type {object} */ one) => played.push(one) };
  const all = new Incoming(player, (_, play) => {
    const decoder = {
      decode: (/** @type {Uint8Array} */ payload) =>
        play(new Float32Array([payload[1]])),
      conceal() {},
      close: () => decoders.push(decoder),
    };
    return decoder;
  });
  return { all, played, decoders };
}

test("each voice is decoded and played apart, the first without a name", () => {
  const { all, played, decoders } = incoming();
  for (let sequence = 0; sequence < 3; sequence += 1) {
    for (const stream of [0, 1, 5]) all.receive(frame(stream, sequence), sequence * 20);
  }
  const samples = played.filter(({ samples }) => samples);
  assert.equal(samples.length, 9);
  for (const { stream, samples: sound } of samples) {
    assert.equal(sound[0], stream ?? 0);
  }
  all.closeDecoders();
  assert.equal(decoders.length, 3);
});

test("the numbers of one voice are no losses of another", () => {
  const { all } = incoming();
  all.receive(frame(0, 10), 0);
  all.receive(frame(1, 60_000), 0);
  all.receive(frame(0, 11), 20);
  all.receive(frame(1, 60_001), 20);
  const { received, lost, late } = all.report();
  assert.deepEqual({ received, lost, late }, { received: 2, lost: 0, late: 0 });
});

test("it is as loud as its loudest voice", () => {
  const { all } = incoming();
  all.receive(frame(2, 0), 0);
  const nothing = { bufferMs: 0, targetMs: 0, underruns: 0, concealedMs: 0 };
  const more = { acceleratedMs: 0, expandedMs: 0, droppedMs: 0, pushes: 0 };
  all.played({ ...nothing, ...more, rms: 0.1 });
  all.played({ ...nothing, ...more, rms: 0.3, stream: 2 });
  all.played({ ...nothing, ...more, rms: 0.9, stream: 7 });
  assert.equal(all.loudness, 0.3);
});

test("what is no frame belongs to the first stream, which counts it", () => {
  const { all } = incoming();
  all.receive(new ArrayBuffer(1), 0);
  assert.equal(all.report().bad, 1);
  assert.equal(streamOf(frame(7, 1)), 7);
});
