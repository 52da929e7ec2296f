import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CallAudio } from "../../../static/audio/call-audio.js";
import { OPUS_SILENCE } from "../../../static/audio/opus.js";
import { encodeFrame, OPUS, PCM, parseFrame } from "../../../static/audio/wire.js";

/** What a browser's codecs do, as far as the call notices; `broken` ones only fail. */
class Codec {
  static broken = false;
  static made = 0;
  state = "unconfigured";
  encodeQueueSize = 0;
  decodeQueueSize = 0;

  /** @param {{output: (out: object) => void, error: (error: Error) => void}} callbacks */
  constructor(callbacks) {
    this.callbacks = callbacks;
    /** @type {typeof Codec} */ (this.constructor).made += 1;
  }

  configure() {
    this.state = "configured";
  }

  close() {
    this.state = "closed";
  }

  /** @param {object} output */
  finish(output) {
    if (!(/** @type {typeof Codec} */ (this.constructor).broken)) {
      this.callbacks.output(output);
      return;
    }
    this.state = "closed";
    this.callbacks.error(new Error("broken"));
  }
}

class Encoder extends Codec {
  encode() {
    const chunk = {
      byteLength: 3,
      copyTo: (/** @type {Uint8Array} */ to) => to.set(OPUS_SILENCE),
    };
    this.finish(chunk);
  }
}

class Decoder extends Codec {
  async flush() {}

  decode() {
    this.finish({ numberOfFrames: 960, copyTo() {}, close() {} });
  }
}

/** The node's end of the websocket. */
class NodeEnd {
  bufferedAmount = 0;
  sent = /** @type {Uint8Array<ArrayBuffer>[]} */ ([]);
  onopen = () => {};
  onmessage = (/** @type {{data: ArrayBuffer}} */ _) => {};

  /** @param {string} url */
  constructor(url) {
    this.url = url;
    ends.push(this);
  }

  /** @param {Uint8Array<ArrayBuffer>} message */
  send(message) {
    this.sent.push(message);
  }

  close() {}

  get kinds() {
    return this.sent.map((message) => parseFrame(message.buffer).kind);
  }
}

let ends = /** @type {NodeEnd[]} */ ([]);
let told = /** @type {any[]} */ ([]);
let played = /** @type {any[]} */ ([]);

Object.assign(globalThis, {
  WebSocket: NodeEnd,
  AudioEncoder: Encoder,
  AudioDecoder: Decoder,
  AudioData: class {
    close() {}
  },
  EncodedAudioChunk: class {},
});

beforeEach(() => {
  ends = [];
  told = [];
  played = [];
  Encoder.broken = Decoder.broken = false;
});

/** @param {boolean} opus */
function call(opus) {
  const audio = new CallAudio({
    player: { postMessage: (message) => played.push(message) },
    tell: (message) => told.push(message),
    support: { opus, conceals: opus },
  });
  audio.connect("ws://node/audio/?token=1");
  end().onopen();
  return audio;
}

const end = () => /** @type {NodeEnd} */ (ends.at(-1));
const voice = () => new Float32Array(960).fill(0.1);

/** @param {number} sequence */
function opusFrame(sequence) {
  const timestamp = sequence * 960;
  const frame = { kind: OPUS, talkSpurt: false, sequence, timestamp };
  return { data: encodeFrame({ ...frame, payload: OPUS_SILENCE }).buffer };
}

test("with WebCodecs a call speaks and hears Opus", () => {
  const audio = call(true);
  audio.captured(voice(), 0);
  end().onmessage(opusFrame(0));
  assert.equal(end().url, "ws://node/audio/?token=1&streams=many");
  assert.deepEqual(end().kinds, [OPUS]);
  assert.equal(played.filter(({ samples }) => samples?.length === 960).length, 1);
  audio.close();
});

test("without WebCodecs it asks for PCM and sends it", () => {
  const audio = call(false);
  audio.captured(voice(), 0);
  assert.equal(end().url, "ws://node/audio/?token=1&codec=pcm16&streams=many");
  assert.deepEqual(end().kinds, [PCM]);
  audio.close();
});

test("a codec that fails is replaced without a message", () => {
  const audio = call(true);
  const made = Encoder.made;
  Encoder.broken = true;
  for (let i = 0; i < 4; i += 1) audio.captured(voice(), 0);
  Encoder.broken = false;
  audio.captured(voice(), 0);
  assert.equal(Encoder.made, made + 5);
  assert.equal(end().sent.length, 1);
  assert.deepEqual(
    told.filter(({ type }) => type === "problem"),
    [],
  );
  audio.close();
});

for (const codec of [Encoder, Decoder]) {
  test(`a call whose ${codec.name.toLowerCase()} only fails goes on in PCM`, () => {
    const audio = call(true);
    codec.broken = true;
    for (let i = 0; i < 5; i += 1) {
      audio.captured(voice(), 0);
      end().onmessage(opusFrame(i));
    }
    assert.deepEqual(
      told.filter(({ type }) => type === "problem").map(({ code }) => code),
      ["codec-failed"],
    );
    assert.equal(end().url, "ws://node/audio/?token=1&codec=pcm16&streams=many");
    end().onopen();
    audio.captured(voice(), 0);
    assert.deepEqual(end().kinds, [PCM]);
    audio.close();
  });
}

test("while no call is connected nothing is encoded or counted", () => {
  const audio = call(true);
  audio.disconnect();
  audio.captured(voice(), 0);
  assert.equal(end().sent.length, 0);
  for (let i = 0; i < 40; i += 1) audio.tick();
  assert.equal(told.filter(({ type }) => type === "report").length, 0);
  assert.equal(told.filter(({ type }) => type === "levels").length, 40);
  audio.close();
});

test("a report comes every two seconds of a call", () => {
  const audio = call(true);
  for (let i = 0; i < 3; i += 1) audio.captured(voice(), i === 1 ? 900 : 0);
  for (let i = 0; i < 40; i += 1) audio.tick();
  const reports = told.filter(({ type }) => type === "report");
  assert.equal(reports.length, 2);
  const { sent, notSent, microphoneFlat, codec } = reports[0];
  assert.deepEqual(
    { sent, notSent, microphoneFlat, codec },
    { sent: 2, notSent: 1, microphoneFlat: false, codec: "opus" },
  );
  assert.equal(reports[1].microphoneFlat, true);
  audio.close();
});

test("the next call does not inherit what the last one counted", () => {
  const audio = call(true);
  audio.captured(voice(), 0);
  end().onmessage(opusFrame(0));
  audio.connect("ws://node/other/");
  for (let i = 0; i < 20; i += 1) audio.tick();
  const { sent, received } = told.find(({ type }) => type === "report");
  assert.deepEqual({ sent, received }, { sent: 0, received: 0 });
  assert.ok(played.some(({ restart }) => restart));
  audio.close();
});

test("the page learns how long nothing has come from the microphone or the node", async () => {
  const audio = call(true);
  const levels = () => {
    audio.tick();
    return told.filter(({ type }) => type === "levels").at(-1);
  };
  audio.captured(new Float32Array(960), 0);
  const { flatMs, packetMs } = levels();
  await new Promise((resolve) => setTimeout(resolve, 30));
  audio.captured(new Float32Array(960), 0);
  assert.ok(levels().flatMs > flatMs);
  assert.ok(levels().packetMs > packetMs);
  audio.captured(voice(), 0);
  end().onmessage(opusFrame(0));
  assert.ok(levels().flatMs < 25);
  assert.ok(levels().packetMs < 25);
  audio.close();
});

test("in an audio check what comes back is measured at once and played later", () => {
  const audio = new CallAudio({
    player: { postMessage: (message) => played.push(message) },
    tell: (message) => told.push(message),
    support: { opus: true, conceals: true },
  });
  audio.connect("ws://node/echo/", true);
  end().onopen();
  audio.captured(voice(), 0);
  end().onmessage({ data: end().sent[0].buffer });
  end().onmessage({ data: new Uint8Array([9, 9]).buffer });
  audio.tick();
  const { sent, returned, networkMs } = told.find(({ type }) => type === "echo");
  assert.deepEqual({ sent, returned }, { sent: 1, returned: 1 });
  assert.ok(networkMs >= 0 && networkMs < 1000);
  assert.equal(played.filter(({ samples }) => samples).length, 0);
  audio.connect("ws://node/audio/");
  end().onopen();
  end().onmessage(opusFrame(0));
  assert.equal(played.filter(({ samples }) => samples).length, 1);
  audio.close();
});

/** @param {number} count packets of 20 ms that are kept */
function kept(count) {
  const audio = call(true);
  audio.keep("on");
  for (let i = 0; i < count; i += 1) end().onmessage(opusFrame(i));
  return audio;
}

/** @param {CallAudio} audio */
function keptMs(audio) {
  audio.tick();
  return told.filter(({ type }) => type === "levels").at(-1).keptMs;
}

const rewound = () => told.filter(({ type }) => type === "rewound");

test("what was heard is told to the page when it rewinds, and stays kept", async () => {
  const audio = kept(50);
  await audio.rewind(7);

  assert.deepEqual(
    rewound().map(({ replay, samples }) => [replay, samples.length]),
    [[7, 50 * 960]],
  );
  assert.equal(keptMs(audio), 1000);
  audio.close();
});

/** @type {[string, (audio: CallAudio) => void][]} */
const ENDS = [
  ["another call", (audio) => audio.connect("ws://node/other/")],
  ["no call", (audio) => audio.disconnect()],
  ["the switch turned off", (audio) => audio.keep("off")],
  ["the page closing", (audio) => audio.close()],
];

for (const [name, comes] of ENDS) {
  test(`with ${name} what was kept is gone`, () => {
    const audio = kept(50);
    comes(audio);

    assert.equal(keptMs(audio), 0);
    audio.close();
  });
}

test("a reconnection within the call keeps what was said before it", () => {
  const audio = kept(50);
  end().onopen();

  assert.equal(keptMs(audio), 1000);
  audio.close();
});

test("a call that ends while it is decoded is not heard again", async () => {
  const audio = kept(50);
  const decoded = audio.rewind(7);
  audio.disconnect();
  await decoded;

  assert.deepEqual(rewound(), []);
  audio.close();
});
