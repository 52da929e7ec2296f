import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Drafts } from "../../../../static/console/wrap-up/drafts.js";
import { NotesAutosave } from "../../../../static/console/wrap-up/notes-autosave.js";

/** What a browser keeps, here in memory. */
class Shelf {
  /** @type {Map<string, string>} */
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }
  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#items.set(key, value);
  }
  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }
}

/** Ana's page: what it sent, what it shows, and whether it is connected. */
class Page {
  isOnline = true;
  /** @type {{request: number, call: string, text: string}[]} */
  sent = [];
  /** @type {any} */
  written = null;
  #request = 0;

  /** @param {Shelf} shelf */
  constructor(shelf) {
    const drafts = new Drafts(shelf);
    drafts.of(1);
    this.keeper = new NotesAutosave(
      drafts,
      (call, text) => this.#send(call, text),
      (written) => {
        this.written = written;
      },
    );
  }

  /** @param {string} call @param {string} text */
  #send(call, text) {
    if (!this.isOnline) {
      return 0;
    }
    this.#request += 1;
    this.sent.push({ request: this.#request, call, text });
    return this.#request;
  }

  get texts() {
    return this.sent.map(({ text }) => text);
  }

  /** The server has stored what was sent last. */
  confirm() {
    this.keeper.saved(this.sent.at(-1)?.request ?? 0);
  }
}

/** @returns {any} */
const work = (call = "carla-1", notes = "") => ({ call, notes });

let shelf = new Shelf();
let now = 0;

beforeEach(() => {
  shelf = new Shelf();
  now = 1_000;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** @param {number} milliseconds */
function wait(milliseconds) {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

test("what Ana types goes to the server after a pause, once", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  for (const text of ["W", "Wa", "Wants blue"]) {
    page.keeper.typed(text);
    wait(100);
  }
  assert.deepEqual(page.texts, []);
  assert.equal(page.written.saved, "saving");
  wait(400);
  assert.deepEqual(page.texts, ["Wants blue"]);
  page.confirm();
  assert.equal(page.written.saved, "saved");
  assert.equal(shelf.length, 0, "nothing is left in the browser");
});

test("typing without a pause is saved every two seconds", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  for (let letter = 1; letter <= 50; letter += 1) {
    page.keeper.typed("a".repeat(letter));
    wait(100);
  }
  assert.ok(page.sent.length >= 2, `${page.sent.length} times in five seconds`);
});

test("hanging up and leaving the page do not wait for the pause", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.keeper.typed("Call back at ten");
  page.keeper.flush();
  page.keeper.flush();
  wait(1_000);
  assert.deepEqual(page.texts, ["Call back at ten"]);
});

test("a confirmation of older text does not call the newer one saved", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.keeper.typed("one");
  wait(400);
  page.keeper.typed("one two");
  page.keeper.saved(page.sent[0].request);
  assert.equal(page.written.saved, "saving");
  wait(400);
  page.confirm();
  assert.equal(page.written.saved, "saved");
});

test("a reload loses nothing: the text is back, and sent again", () => {
  const before = new Page(shelf);
  before.keeper.follow(work("carla-1", "old"));
  before.keeper.typed("old and new");

  const after = new Page(shelf);
  after.keeper.follow(work("carla-1", "old"));
  after.keeper.back();
  assert.equal(after.written.text, "old and new");
  assert.deepEqual(after.texts, ["old and new"]);
  wait(1_000);
  assert.equal(after.sent.length, 1, "and only once");
  after.confirm();
  assert.equal(after.written.saved, "saved");
});

test("text that was deleted stays deleted after a reload", () => {
  const before = new Page(shelf);
  before.keeper.follow(work("carla-1", "wrong"));
  before.keeper.typed("");
  const after = new Page(shelf);
  after.keeper.follow(work("carla-1", "wrong"));
  assert.equal(after.written.text, "");
});

test("without a connection it says so, and sends when the connection is back", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.isOnline = false;
  page.keeper.typed("kept");
  wait(400);
  assert.equal(page.written.saved, "unsaved");
  page.isOnline = true;
  page.keeper.back();
  assert.deepEqual(page.texts, ["kept"]);
  page.confirm();
  assert.equal(page.written.saved, "saved");
});

test("what was in flight when the connection broke is sent again", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.keeper.typed("half way");
  wait(400);
  page.keeper.lost();
  assert.equal(page.written.saved, "unsaved");
  page.keeper.back();
  assert.deepEqual(page.texts, ["half way", "half way"]);
});

test("notes of a call that is over are sent too, and a refusal is not shown", () => {
  const before = new Page(shelf);
  before.keeper.follow(work("carla-1"));
  before.isOnline = false;
  before.keeper.typed("about Carla");
  wait(400);

  const after = new Page(shelf);
  after.keeper.follow(work("dora-2"));
  after.keeper.back();
  assert.deepEqual(after.sent.at(-1)?.call, "carla-1");
  assert.equal(after.keeper.refused(after.sent.at(-1)?.request), true);
  assert.equal(after.written.saved, "saved", "Dora's notes are not touched by it");
  assert.equal(shelf.length, 1, "and the text is still kept");
});

test("a refusal of the notes on the screen leaves them unsaved, and is shown", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.keeper.typed("too long");
  wait(400);
  assert.equal(page.keeper.refused(page.sent[0].request), false);
  assert.equal(page.written.saved, "unsaved");
  assert.equal(page.keeper.refused(undefined), false);
});

test("a request without a reply is repeated, unless the text has changed since", () => {
  const page = new Page(shelf);
  page.keeper.follow(work());
  page.keeper.typed("first");
  wait(400);
  page.keeper.tick(now + 11_000);
  assert.deepEqual(page.texts, ["first", "first"]);
  page.keeper.typed("second");
  page.keeper.tick(now + 30_000);
  assert.deepEqual(page.texts, ["first", "first"], "the older text stays behind");
});

test("the server's text counts only for another call", () => {
  const page = new Page(shelf);
  page.keeper.follow(work("carla-1", "from the server"));
  assert.equal(page.written.text, "from the server");
  page.keeper.typed("mine");
  page.keeper.follow(work("carla-1", "older"));
  assert.equal(page.written.text, "mine");
  page.keeper.follow(work("dora-2", "about Dora"));
  assert.equal(page.written.text, "about Dora");
  assert.deepEqual(page.texts, ["mine"], "what was not sent yet went first");
  page.keeper.follow(null);
  assert.equal(page.written, null);
});

test("another agent at the same browser does not see the draft", () => {
  const drafts = new Drafts(shelf);
  drafts.of(1);
  drafts.set("notes", "carla-1", "Ana's");
  drafts.of(2);
  assert.equal(drafts.get("notes", "carla-1"), null);
  assert.deepEqual(drafts.calls("notes"), []);
});

test("old drafts go, by number and by age", () => {
  const drafts = new Drafts(shelf);
  drafts.of(1);
  for (let index = 0; index < 200; index += 1) {
    drafts.set("notes", `call-${index}`, "text");
  }
  assert.ok(shelf.length <= 40, `${shelf.length} drafts`);
  assert.equal(drafts.get("notes", "call-199"), "text");
  shelf.setItem("console.draft.1.notes.ancient", '{"at": 1, "value": "text"}');
  shelf.setItem("console.draft.1.notes.broken", "{");
  new Drafts(shelf).of(1);
  assert.equal(drafts.get("notes", "ancient"), null);
  assert.equal(drafts.get("notes", "broken"), null);
  assert.equal(drafts.get("notes", "call-199"), "text");
});

test("a browser that keeps nothing does not stop the notes", () => {
  const full = new Shelf();
  full.setItem = () => {
    throw new Error("quota");
  };
  const page = new Page(full);
  page.keeper.follow(work());
  page.keeper.typed("still sent");
  wait(400);
  assert.deepEqual(page.texts, ["still sent"]);
});
