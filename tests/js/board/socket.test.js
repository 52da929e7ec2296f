import assert from "node:assert/strict";
import { test } from "node:test";
import { BoardSocket } from "../../../static/board/socket.js";
import { Backoff } from "../../../static/console/shell/backoff.js";

/** The server's end: what the page said, and whether it closed. */
class Line extends EventTarget {
  /** @type {string[]} */
  said = [];
  isClosed = false;

  /** @param {string} text */
  send(text) {
    this.said.push(text);
  }

  close() {
    this.isClosed = true;
  }

  /** @param {object} message */
  tell(message) {
    const data = JSON.stringify(message);
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  /** @param {number} code */
  end(code) {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

function opened() {
  /** @type {Line[]} */
  const lines = [];
  /** @type {string[]} */
  const heard = [];
  const connect = () => {
    lines.push(new Line());
    return /** @type {WebSocket} */ (/** @type {unknown} */ (lines.at(-1)));
  };
  const socket = new BoardSocket("ws://x/ws/board/", connect, new Backoff(() => 0));
  socket.addEventListener("connection", (event) =>
    heard.push(/** @type {CustomEvent} */ (event).detail.connection),
  );
  socket.addEventListener("message", (event) =>
    heard.push(/** @type {CustomEvent} */ (event).detail.message.type),
  );
  socket.addEventListener("signedout", () => heard.push("signedout"));
  socket.open();
  return { socket, lines, heard, last: () => /** @type {Line} */ (lines.at(-1)) };
}

const later = (/** @type {number} */ ms) => performance.now() + ms;

test("each message is taken, and says so", () => {
  const { heard, last } = opened();
  last().tell({ type: "board" });
  last().tell({ type: "beat" });
  assert.deepEqual(last().said, ['{"type":"took"}', '{"type":"took"}']);
  assert.deepEqual(heard, ["online", "board", "online", "beat"]);
});

test("a problem is no message to take, or both sides would never stop", () => {
  const { last } = opened();
  last().tell({ type: "problem" });
  assert.deepEqual(last().said, []);
});

test("a line that is lost is opened again, right after a restart", () => {
  const { socket, lines, heard, last } = opened();
  last().end(4012);
  assert.deepEqual(heard, ["lost"]);
  socket.tick(later(500));
  assert.equal(lines.length, 2);
  last().end(1006);
  socket.tick(later(100));
  assert.equal(lines.length, 2);
  socket.tick(later(5_000));
  assert.equal(lines.length, 3);
});

test("a line that says nothing is left", () => {
  const { socket, lines, heard, last } = opened();
  const [first] = lines;
  socket.tick(later(6_000));
  assert.equal(first.isClosed, false);
  socket.tick(later(7_100));
  assert.equal(first.isClosed, true);
  assert.deepEqual(heard, ["lost"]);
  socket.tick(later(20_000));
  first.tell({ type: "board" }); // too late: it is not ours any more
  assert.deepEqual(heard, ["lost"]);
  last().tell({ type: "board" });
  assert.deepEqual(heard, ["lost", "online", "board"]);
});

test("who is signed out, or has no right, does not come again", () => {
  for (const [code, told] of /** @type {const} */ ([
    [4401, ["refused", "signedout"]],
    [4403, ["refused"]],
  ])) {
    const { socket, lines, heard, last } = opened();
    last().end(code);
    socket.tick(later(3_600_000));
    assert.equal(lines.length, 1);
    assert.deepEqual(heard, told);
  }
});

test("who is too many keeps away for half a minute", () => {
  const { socket, lines, heard, last } = opened();
  last().end(4429);
  socket.tick(later(29_000));
  assert.equal(lines.length, 1);
  socket.tick(later(31_000));
  assert.equal(lines.length, 2);
  assert.deepEqual(heard, ["crowded"]);
});

test("once the network is back nobody waits", () => {
  const { socket, lines, last } = opened();
  socket.retryNow();
  assert.equal(lines.length, 1);
  last().end(1006);
  socket.retryNow();
  assert.equal(lines.length, 2);
});
