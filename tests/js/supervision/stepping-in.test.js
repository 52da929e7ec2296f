import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { isPossible, statusOf, whoHears } from "../../../static/supervision/labels.js";
import { SteppingIn } from "../../../static/supervision/stepping-in.js";

/** @import {Mode, Supervision} from "../../../static/supervision/labels.js" */

class Socket extends EventTarget {
  said = /** @type {any[]} */ ([]);
  isOpen = false;

  open() {
    this.isOpen = true;
  }

  close() {
    this.isOpen = false;
  }

  /** @param {string} type @param {object} fields */
  send(type, fields = {}) {
    this.open();
    this.said.push({ type, ...fields });
  }

  /** @param {object} message */
  tell(message) {
    this.dispatchEvent(new CustomEvent("message", { detail: { message } }));
  }
}

class Engine extends EventTarget {
  done = /** @type {string[]} */ ([]);
  hasMicrophone = false;
  isOpen = false;
  muted = false;
  soundState = "running";
  denied = false;

  /** @param {{microphone: boolean}} options */
  async open({ microphone }) {
    if (this.isOpen) return;
    if (microphone) await this.openMicrophone();
    this.isOpen = true;
    this.done.push("open");
  }

  async openMicrophone() {
    if (this.denied) throw new Error("The microphone is blocked.");
    if (!this.hasMicrophone) this.done.push("microphone");
    this.hasMicrophone = true;
  }

  closeMicrophone() {
    if (this.hasMicrophone) this.done.push("no microphone");
    this.hasMicrophone = false;
  }

  /** @param {string} url */
  connect(url) {
    this.done.push(url);
  }

  disconnect() {
    this.done.push("disconnect");
  }

  async close() {
    if (this.isOpen) this.done.push("close");
    this.isOpen = this.hasMicrophone = false;
  }
}

class Kept {
  items = /** @type {Map<string, string>} */ (new Map());
  getItem = (/** @type {string} */ name) => this.items.get(name) ?? null;
  setItem = (/** @type {string} */ name, /** @type {string} */ value) =>
    this.items.set(name, value);
  removeItem = (/** @type {string} */ name) => this.items.delete(name);
}

let socket = new Socket();
let engine = new Engine();
let kept = new Kept();

beforeEach(() => {
  socket = new Socket();
  engine = new Engine();
  kept = new Kept();
});

const made = () =>
  new SteppingIn(
    /** @type {any} */ (socket),
    /** @type {any} */ (engine),
    /** @type {any} */ (kept),
  );
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** @param {Mode} mode @param {Partial<Supervision>} more @returns {Supervision} */
function supervision(mode, more = {}) {
  return {
    call: "c1",
    mode,
    status: "active",
    agent: "Ana",
    contact: { name: "Carla", number: "" },
    queue: "Support",
    agent_is_told: true,
    audio_url: "/audio",
    ...more,
  };
}

/** @param {Supervision | null} now @param {object | null} over */
function told(now, over = null) {
  socket.tell({ type: "supervision", supervision: now, over });
  return settled();
}

test("listening opens no microphone", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(null);
  assert.ok(socket.isOpen, "the answer to the greeting is none to the request");
  assert.deepEqual(socket.said, [{ type: "step_in", call: "c1", mode: "listen" }]);
  await told(supervision("listen"));
  assert.deepEqual(engine.done, ["open", "/audio"]);
  assert.equal(sofia.state.supervision?.mode, "listen");
});

test("another way in the same call leaves the audio as it is", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  const detail = { state: "connected" };
  engine.dispatchEvent(new CustomEvent("state", { detail }));
  await sofia.stepIn("c1", "whisper");
  await told(supervision("whisper"));
  assert.equal(sofia.state.audio, "connected");
  await sofia.stepIn("c2", "listen");
  assert.equal(sofia.state.audio, "idle");
});

test("the microphone is asked for at the whisper and given back after it", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  await sofia.stepIn("c1", "whisper");
  assert.ok(engine.hasMicrophone, "before the server is asked: she is to be heard");
  await told(supervision("whisper"));
  await sofia.stepIn("c1", "listen");
  assert.ok(engine.hasMicrophone, "until the server says that she listens");
  await told(supervision("listen"));
  assert.equal(engine.hasMicrophone, false);
});

test("whoever may not use the microphone whispers to nobody", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  engine.denied = true;
  await sofia.stepIn("c1", "whisper");
  assert.equal(socket.said.length, 1, "the server is not asked");
  assert.equal(sofia.state.supervision?.mode, "listen");
  assert.equal(sofia.state.notice?.text, "The microphone is blocked.");
  assert.equal(sofia.state.asked, null);
});

test("what the server refuses closes what was opened for it", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "whisper");
  socket.tell({ type: "problem", text: "No agent is on this call right now." });
  await settled();
  assert.equal(sofia.state.notice?.text, "No agent is on this call right now.");
  assert.equal(engine.isOpen, false);
  assert.equal(engine.hasMicrophone, false);
  assert.equal(socket.isOpen, false);
});

test("a refused change leaves her as she was, with the microphone closed", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  await sofia.stepIn("c1", "barge");
  socket.tell({ type: "problem", text: "No." });
  await settled();
  assert.equal(sofia.state.supervision?.mode, "listen");
  assert.equal(engine.hasMicrophone, false);
});

test("the end of the call closes everything and says why", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "barge");
  await told(supervision("barge"));
  await told(null, { call: "c1", text: "The customer hung up." });
  assert.equal(sofia.state.supervision, null);
  assert.equal(sofia.state.notice?.text, "The customer hung up.");
  assert.equal(engine.hasMicrophone, false);
  assert.equal(socket.isOpen, false);
  assert.equal(kept.items.size, 0);
});

test("a reload finds the call again, and a second window does not take it", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  const reloaded = made();
  reloaded.resume();
  await told(supervision("listen"));
  assert.equal(reloaded.state.supervision?.call, "c1");
  kept = new Kept();
  socket = new Socket();
  const second = made();
  second.resume();
  assert.equal(socket.isOpen, false, "it asks for nothing");
});

test("in another window's call this one is not", async () => {
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  await told(supervision("listen"));
  await told(supervision("listen", { call: "c2" }));
  assert.equal(sofia.state.supervision, null);
  assert.equal(engine.isOpen, false);
  assert.match(sofia.state.notice?.text ?? "", /another window/);
});

test("a node that let the page go is asked again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sofia = made();
  await sofia.stepIn("c1", "listen");
  socket.tell({ type: "supervision", supervision: supervision("listen"), over: null });
  for (let i = 0; i < 9; i += 1) await Promise.resolve();
  engine.dispatchEvent(new CustomEvent("state", { detail: { state: "ended" } }));
  const before = engine.done.length;
  t.mock.timers.tick(1000);
  for (let i = 0; i < 9; i += 1) await Promise.resolve();
  assert.deepEqual(engine.done.slice(before), ["/audio"]);
  assert.equal(sofia.state.audio, "ended");
});

test("who hears her is true for every mode and state", () => {
  const said = (/** @type {Mode} */ mode, more = {}) =>
    whoHears(supervision(mode, more));
  assert.match(said("listen"), /^Nobody hears you. The console of Ana says/);
  assert.match(said("listen", { agent_is_told: false }), /Ana is not told/);
  assert.match(said("listen", { agent: null, status: "waiting" }), /No agent/);
  assert.equal(said("whisper"), "Only Ana hears you.");
  assert.match(said("whisper", { agent: null, status: "waiting" }), /Nobody hears you/);
  assert.equal(said("barge"), "Ana and the caller hear you.");
  assert.match(said("barge", { status: "held" }), /the caller hears music/);
  assert.match(said("take_over", { agent: null }), /^The caller hears you/);
  assert.equal(statusOf(supervision("barge")), statusOf(supervision("take_over")));
});

test("what is not possible is not offered", () => {
  const waiting = { status: "waiting", agent: null };
  const taken = { status: "active", agent: null };
  const talk = { status: "held", agent: "Ana" };
  const modes = /** @type {Mode[]} */ (["listen", "whisper", "barge", "take_over"]);
  const possible = (/** @type {typeof talk | typeof waiting} */ call) =>
    modes.filter((mode) => isPossible(mode, call));
  assert.deepEqual(possible({ status: "ringing", agent: null }), []);
  assert.deepEqual(possible(waiting), ["listen"]);
  assert.deepEqual(possible(taken), ["listen", "barge"]);
  assert.deepEqual(possible(talk), modes);
});
