import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../../../static/console/shell/backoff.js";
import { ConsoleSocket } from "../../../../static/console/shell/socket.js";

/** The far end of a websocket, played by hand. */
class Line extends EventTarget {
  readyState = 0;
  /** @type {any[]} */
  sent = [];

  /** @param {string} address */
  constructor(address) {
    super();
    this.address = address;
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  accept() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {object} message */
  say(message) {
    const data = JSON.stringify(message);
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  /** @param {number} code */
  hangUp(code) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

/** A socket whose lines are kept, and what it told. */
function socketWithLines() {
  /** @type {Line[]} */
  const lines = [];
  /** @type {string[]} */
  const told = [];
  const connect = (/** @type {string} */ address) => {
    lines.push(new Line(address));
    return /** @type {any} */ (lines.at(-1));
  };
  const socket = new ConsoleSocket("ws://console", connect, new Backoff(() => 1));
  socket.addEventListener("connection", (event) =>
    told.push(/** @type {CustomEvent} */ (event).detail.connection),
  );
  for (const type of ["signedout", "unreachable"]) {
    socket.addEventListener(type, () => told.push(type));
  }
  socket.open();
  return { socket, lines, told };
}

const later = (/** @type {number} */ milliseconds) => performance.now() + milliseconds;

/**
 * A tick for each second until then, as the pulse makes them.
 * @param {ConsoleSocket} socket
 * @param {number} milliseconds
 */
function tickFor(socket, milliseconds) {
  const start = performance.now();
  for (let passed = 1_000; passed < milliseconds; passed += 1_000) {
    socket.tick(start + passed);
  }
  socket.tick(start + milliseconds);
}

test("requests are numbered, and refused while there is no connection", () => {
  const { socket, lines } = socketWithLines();
  assert.equal(socket.send("available"), 0);
  lines[0].accept();
  assert.equal(socket.send("answer", { call: "carla-1" }), 1);
  assert.equal(socket.send("offline"), 2);
  const asked = lines[0].sent.find(({ type }) => type === "answer");
  assert.deepEqual(asked, { type: "answer", call: "carla-1", request: 1 });
});

test("each new connection begins with who this page is, and whether calls can ring here", () => {
  const { socket, lines } = socketWithLines();
  socket.hello = () => ({ console: "window-1", since: "s7" });
  socket.readiness = () => ({ audio: "running" });
  lines[0].accept();
  assert.deepEqual(lines[0].sent, [
    { type: "hello", console: "window-1", since: "s7" },
    { type: "beat", proof: { audio: "running" } },
  ]);
  lines[0].hangUp(1006);
  socket.tick(later(600));
  lines[1].accept();
  assert.equal(lines[1].sent[0].type, "hello");
});

test("an open connection beats every two seconds", () => {
  const { socket, lines } = socketWithLines();
  lines[0].accept();
  const start = later(0);
  for (const second of [1.0, 2.1, 3.0, 4.1]) {
    socket.tick(start + second * 1000);
    lines[0].say({ type: "beat" });
  }
  const beats = lines[0].sent.filter(({ type }) => type === "beat");
  assert.equal(beats.length, 3, "one with the hello, then every second tick");
});

test("what changes between two beats is reported at once", () => {
  const { socket, lines } = socketWithLines();
  socket.beat();
  assert.deepEqual(lines[0].sent, [], "not before there is a line");
  lines[0].accept();
  socket.readiness = () => ({ microphone: "ended" });
  socket.beat();
  assert.deepEqual(lines[0].sent.at(-1), {
    type: "beat",
    proof: { microphone: "ended" },
  });
});

test("the round trip is unknown, then measured, then as long as a reply is late", () => {
  const { socket, lines } = socketWithLines();
  lines[0].accept();
  const late = Number(socket.roundTrip(later(900)));
  assert.ok(late >= 900 && late < 1_500, `${late} ms without a reply`);
  lines[0].say({ type: "beat" });
  const measured = Number(socket.roundTrip(later(5_000)));
  assert.ok(measured < 800, `${measured} ms once it is there`);
  lines[0].hangUp(1006);
  socket.tick(later(600));
  assert.equal(socket.roundTrip(later(600)), null, "a new line knows nothing yet");
});

test("a lost connection is opened again, later each time", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  lines[0].hangUp(1006);
  assert.deepEqual(told, ["lost"]);
  socket.tick(later(400));
  assert.equal(lines.length, 1);
  socket.tick(later(600));
  assert.equal(lines.length, 2);
  lines[1].hangUp(1006);
  socket.tick(later(900));
  assert.equal(lines.length, 2);
  socket.tick(later(1100));
  assert.equal(lines.length, 3);
});

test("a refused handshake asks whether the agent is still signed in", () => {
  const { lines, told } = socketWithLines();
  lines[0].hangUp(1006);
  assert.deepEqual(told, ["lost", "unreachable"]);
});

test("a silent connection is closed within six seconds", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  tickFor(socket, 4_500);
  assert.deepEqual(told, []);
  tickFor(socket, 6_000);
  assert.deepEqual(told, ["lost"]);
  assert.equal(lines[0].readyState, 3);
});

test("a page that slept asks once more before it closes the connection", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  const beats = () => lines[0].sent.filter(({ type }) => type === "beat").length;
  const before = beats();
  socket.tick(later(60_000));
  assert.deepEqual(told, []);
  assert.equal(beats(), before + 1);
  socket.tick(later(61_000));
  assert.deepEqual(told, []);
  socket.tick(later(62_500));
  assert.deepEqual(told, ["lost"]);
});

test("a retry asked for does not wait for the next attempt", () => {
  const { socket, lines } = socketWithLines();
  socket.retryNow();
  assert.equal(lines.length, 1, "a handshake under way goes on");
  lines[0].hangUp(1006);
  socket.retryNow();
  assert.equal(lines.length, 2);
  lines[1].accept();
  lines[1].hangUp(4403);
  socket.retryNow();
  assert.equal(lines.length, 2, "what is final stays so");
});

test("a handshake that hangs times out sooner", () => {
  const { socket, told } = socketWithLines();
  tickFor(socket, 7_000);
  assert.deepEqual(told, []);
  tickFor(socket, 9_000);
  assert.deepEqual(told, ["lost"]);
});

test("a closed connection reports nothing any more", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  tickFor(socket, 6_000);
  let heard = 0;
  socket.addEventListener("message", () => {
    heard += 1;
  });
  lines[0].say({ type: "beat" });
  lines[0].hangUp(1006);
  assert.equal(heard, 0);
  assert.deepEqual(told, ["lost"]);
});

const AWAY = "/ws/nodes/node-2/console/";

test("a page that is sent to another server is never without a line", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  lines[0].say({ type: "move", address: AWAY });
  assert.equal(lines[1].address, `ws://console${AWAY}`);
  assert.ok(socket.send("answer", { call: "1" }) > 0);
  assert.equal(lines[0].sent.at(-1).type, "answer");
  assert.equal(lines[0].readyState, 1);
  lines[1].accept();
  assert.equal(lines[0].readyState, 3);
  assert.equal(lines[1].sent[0].type, "hello");
  assert.ok(socket.send("mute") > 0);
  assert.equal(lines[1].sent.at(-1).type, "mute");
  lines[0].hangUp(1000);
  assert.deepEqual(told, []);
});

test("a page that cannot go elsewhere stays until its server closes, and comes back", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  lines[0].say({ type: "move", address: AWAY });
  lines[1].hangUp(1006);
  assert.ok(socket.isOpen);
  lines[0].hangUp(4012);
  assert.deepEqual(told, ["lost"]);
  socket.tick(later(500));
  assert.equal(lines[2].address, "ws://console");
  lines[2].accept();
  assert.ok(socket.isOpen);
});

test("of two places to go the last one counts, and none after the page is closed", () => {
  const { socket, lines } = socketWithLines();
  lines[0].accept();
  lines[0].say({ type: "move", address: AWAY });
  lines[0].say({ type: "move", address: "/ws/nodes/node-3/console/" });
  lines[1].accept();
  assert.equal(lines[0].readyState, 1);
  socket.close();
  lines[2].accept();
  assert.ok(!socket.isOpen);
  assert.deepEqual(lines[2].sent, []);
});

test("signed out and not an agent are final", () => {
  for (const [code, word] of [
    [4401, "signedout"],
    [4403, "refused"],
  ]) {
    const { socket, lines, told } = socketWithLines();
    lines[0].accept();
    lines[0].hangUp(Number(code));
    tickFor(socket, 60_000);
    assert.deepEqual(told, [word]);
    assert.equal(lines.length, 1);
  }
});

test("who was refused as one too many stays away for half a minute", () => {
  const { socket, lines, told } = socketWithLines();
  lines[0].accept();
  lines[0].hangUp(4429);
  socket.tick(later(29_000));
  assert.equal(lines.length, 1);
  socket.tick(later(31_000));
  assert.equal(lines.length, 2);
  assert.deepEqual(told, ["lost"]);
});

test("the wait doubles up to five seconds, and starts small after a success", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 6 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 5000, 5000]);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test("half of each wait is left to chance", () => {
  assert.equal(new Backoff(() => 0).next(), 250);
});
