import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { AudioSocket } from "../../../static/audio/audio-socket.js";

const URL = "ws://node/audio/";
const HOUR_MS = 3_600_000;

/** The node's end of a websocket, moved by hand. */
class NodeEnd {
  bufferedAmount = 0;
  binaryType = "blob";
  sent = /** @type {Uint8Array[]} */ ([]);
  closedWith = /** @type {number | null} */ (null);
  onopen = () => {};
  onmessage = (/** @type {{data: unknown}} */ _) => {};
  onclose = (/** @type {{code: number}} */ _) => {};

  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** @param {Uint8Array} message */
  send(message) {
    this.sent.push(message);
  }

  /** @param {number} code */
  close(code) {
    this.closedWith = code;
  }
}

let now = 0;
let opened = 0;
let states = /** @type {[string, number][]} */ ([]);
let ends = /** @type {NodeEnd[]} */ ([]);
let heard = /** @type {ArrayBuffer[]} */ ([]);
let socket = new AudioSocket({ onState() {}, onOpen() {}, onMessage() {} });

beforeEach(() => {
  now = 1000;
  opened = 0;
  states = [];
  ends = [];
  heard = [];
  socket = new AudioSocket({
    onState: (state, code) => states.push([state, code]),
    onOpen: () => {
      opened += 1;
    },
    onMessage: (message) => heard.push(message),
    now: () => now,
    createSocket: (url) => {
      const end = new NodeEnd(url);
      ends.push(end);
      return /** @type {any} */ (end);
    },
  });
});

const end = () => /** @type {NodeEnd} */ (ends.at(-1));

/** @param {number} milliseconds ticking ten times a second */
function pass(milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    now += 100;
    socket.tick();
  }
}

function connect() {
  socket.connect(URL);
  end().onopen();
}

test("a call is connected, heard and disconnected", () => {
  connect();
  assert.equal(end().binaryType, "arraybuffer");
  end().onmessage({ data: new ArrayBuffer(3) });
  end().onmessage({ data: "text" });
  assert.equal(heard.length, 1);
  assert.ok(socket.send(new Uint8Array(9), 100));
  socket.disconnect();
  assert.equal(end().closedWith, 1000);
  assert.deepEqual(states, [
    ["connecting", 0],
    ["connected", 0],
    ["idle", 0],
  ]);
  pass(10_000);
  assert.equal(ends.length, 1);
});

test("the same address is not opened twice, another one takes over", () => {
  connect();
  socket.connect(URL);
  assert.equal(ends.length, 1);
  const first = end();
  socket.connect("ws://other/audio/");
  assert.equal(first.closedWith, 1000);
  first.onmessage({ data: new ArrayBuffer(3) });
  first.onclose({ code: 1000 });
  assert.deepEqual(heard, []);
  assert.equal(socket.state, "connecting");
});

test("a lost connection is opened again, less and less often", () => {
  connect();
  pass(6000);
  const waits = /** @type {number[]} */ ([]);
  for (let round = 0; round < 7; round += 1) {
    end().onclose({ code: 1006 });
    const lostAt = now;
    const count = ends.length;
    while (ends.length === count) pass(100);
    waits.push(now - lostAt);
  }
  const atLeast = [200, 500, 1000, 2000, 3000, 3000, 3000];
  waits.forEach((wait, i) => {
    assert.ok(wait >= atLeast[i] && wait <= atLeast[i] * 1.2 + 200, `${waits}`);
  });
  end().onopen();
  assert.equal(opened, 2);
  assert.deepEqual(states.slice(2), [
    ["lost", 1006],
    ["connected", 0],
  ]);
});

test("a node that takes the socket and drops it at once is not stormed", () => {
  connect();
  end().onclose({ code: 1011 });
  for (let i = 0; i < 600; i += 1) {
    const before = ends.length;
    pass(100);
    if (ends.length > before) {
      end().onopen();
      end().onclose({ code: 1011 });
    }
  }
  assert.ok(ends.length <= 25, `${ends.length} attempts in a minute`);
});

test("the network coming back is used at once", () => {
  connect();
  for (let i = 0; i < 5; i += 1) {
    end().onclose({ code: 1006 });
    pass(4000);
  }
  end().onclose({ code: 1006 });
  const count = ends.length;
  socket.retryNow();
  pass(100);
  assert.equal(ends.length, count + 1);
});

for (const [code, state] of /** @type {[number, string][]} */ ([
  [1000, "ended"],
  [4001, "replaced"],
  [4401, "ended"],
  [4403, "ended"],
  [4404, "ended"],
])) {
  test(`code ${code} is final: ${state}`, () => {
    connect();
    end().onclose({ code });
    assert.deepEqual(states.at(-1), [state, code]);
    pass(60_000);
    socket.retryNow();
    pass(100);
    assert.equal(ends.length, 1);
    socket.connect(URL);
    assert.equal(ends.length, 2);
  });
}

test("bad frames are forgiven once", () => {
  connect();
  end().onclose({ code: 1008 });
  assert.deepEqual(states.at(-1), ["lost", 1008]);
  pass(300);
  end().onopen();
  end().onclose({ code: 1009 });
  assert.deepEqual(states.at(-1), ["ended", 1009]);
});

test("a handshake that takes too long is tried again", () => {
  socket.connect(URL);
  pass(5100);
  assert.equal(end().closedWith, 1000);
  assert.equal(socket.state, "lost");
  pass(300);
  assert.equal(ends.length, 2);
});

test("a call that was heard and falls silent is opened again", () => {
  connect();
  end().onmessage({ data: new ArrayBuffer(3) });
  pass(4900);
  assert.equal(socket.state, "connected");
  pass(300);
  assert.equal(socket.state, "lost");
});

test("a call that is silent from its start gets half a minute", () => {
  connect();
  pass(29_000);
  assert.equal(socket.state, "connected");
  pass(2000);
  assert.equal(socket.state, "lost");
});

test("nothing is sent into a full socket, and a stuck one is opened again", () => {
  connect();
  end().bufferedAmount = 101;
  assert.ok(!socket.send(new Uint8Array(9), 100));
  pass(2900);
  assert.equal(socket.state, "connected");
  end().bufferedAmount = 0;
  assert.ok(socket.send(new Uint8Array(9), 100));
  end().bufferedAmount = 101;
  assert.ok(!socket.send(new Uint8Array(9), 100));
  pass(3200);
  assert.equal(socket.state, "lost");
  assert.ok(!socket.send(new Uint8Array(9), 100));
});

test("whatever happens, at most one socket is alive and waits stay bounded", () => {
  let seed = 3;
  const random = (/** @type {number} */ below) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const codes = [1000, 1001, 1006, 1008, 1011, 4001, 4404];
  for (let step = 0; step < 5000; step += 1) {
    const some = ends[random(Math.max(1, ends.length))];
    const move = random(7);
    if (move === 0) socket.connect(`ws://node/${random(2)}`);
    else if (move === 1 && random(10) === 0) socket.disconnect();
    else if (move === 2) some?.onopen();
    else if (move === 3) some?.onclose({ code: codes[random(codes.length)] });
    else if (move === 4) some?.onmessage({ data: new ArrayBuffer(1) });
    else pass(500);
    assert.ok(ends.filter(({ closedWith }) => closedWith === null).length <= 1);
  }
  assert.ok(now < HOUR_MS);
});
