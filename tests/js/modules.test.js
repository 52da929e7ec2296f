import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { test } from "node:test";

const ROOT = new URL("../../static/", import.meta.url);

/** Every script of ours by its path, with its text. */
const scripts = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith(".js") && !path.startsWith("vendor"))
  .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), "utf8") }));

/**
 * The console's rooms from the lowest to the highest. A module may import from its own
 * room, from those in lower rows, and from those beside it that its room names.
 * @type {Record<string, string[]>[]}
 */
const ROOMS = [
  { shell: [] },
  { state: [] },
  {
    "audio-devices": [],
    call: ["audio-devices"],
    people: [],
    floor: [],
    dialing: ["audio-devices", "people"],
    "my-calls": ["dialing"],
    ringing: ["audio-devices", "call"],
    shift: ["audio-devices"],
    "caller-card": ["dialing"],
    "wrap-up": ["call"],
  },
  { "commands.js": [] },
  { keys: [], profile: [] },
  { "screen.js": [] },
  { "console.js": [] },
  { "main.js": [] },
];

/** Also types, which only comments import. */
const AN_IMPORT = /(?:\bfrom|^import|\bimport\()\s*"(\.[^"]+)"/gm;

/**
 * What each script imports.
 * @param {{path: string, text: string}[]} from
 */
function importsOf(from) {
  return new Map(
    from.map(({ path, text }) => [
      path,
      [...text.matchAll(AN_IMPORT)].map(([, name]) => join(dirname(path), name)),
    ]),
  );
}

/**
 * The first circle that is found, from a script back to itself; else nothing.
 * @param {Map<string, string[]>} imports
 */
function circleIn(imports) {
  const done = new Set();
  /**
   * @param {string} path
   * @param {string[]} way that leads to it
   * @returns {string[]}
   */
  const visit = (path, way) => {
    if (way.includes(path)) {
      return [...way.slice(way.indexOf(path)), path];
    }
    for (const next of done.has(path) ? [] : (imports.get(path) ?? [])) {
      const circle = visit(next, [...way, path]);
      if (circle.length > 0) {
        return circle;
      }
    }
    done.add(path);
    return [];
  };
  for (const path of imports.keys()) {
    const circle = visit(path, []);
    if (circle.length > 0) {
      return circle;
    }
  }
  return [];
}

/**
 * The imports between the console's rooms that ROOMS does not allow.
 * @param {Map<string, string[]>} imports
 */
function trespassesIn(imports) {
  return [...imports].flatMap(([path, targets]) =>
    targets
      .filter((target) => isOfConsole(path) && isOfConsole(target))
      .filter((target) => !mayImport(roomOf(path), roomOf(target)))
      .map((target) => `${path} imports ${target}`),
  );
}

/** @param {string} path */
const isOfConsole = (path) => path.startsWith("console/");
/** @param {string} path */
const roomOf = (path) => path.split("/")[1];
/** @param {string} room */
const rowOf = (room) => ROOMS.findIndex((row) => Object.hasOwn(row, room));

/**
 * @param {string} room
 * @param {string} other
 */
function mayImport(room, other) {
  const [row, otherRow] = [rowOf(room), rowOf(other)];
  const isBeside = row === otherRow && ROOMS[row][room].includes(other);
  return room === other || otherRow < row || isBeside;
}

test("no import runs in a circle, not even that of a type", () => {
  // Files whose names are the hashes of their texts cannot name each other.
  assert.deepEqual(circleIn(importsOf(scripts)), []);
});

test("an import that closes a circle is found", () => {
  const planted = scripts.map(({ path, text }) =>
    path === "console/state/snapshot.js"
      ? { path, text: `${text}/** @import {Store} from "./store.js" */\n` }
      : { path, text },
  );
  const circle = circleIn(importsOf(planted));
  assert.equal(circle.at(0), circle.at(-1));
  assert.ok(circle.includes("console/state/snapshot.js"));
  assert.ok(circle.includes("console/state/store.js"));
});

test("every module of the console stands in a room, and every room is there", () => {
  const rooms = scripts
    .map(({ path }) => path)
    .filter(isOfConsole)
    .map(roomOf);
  assert.deepEqual([...new Set(rooms)].sort(), ROOMS.flatMap(Object.keys).sort());
});

test("the console's rooms import downwards, or beside where their row says so", () => {
  assert.deepEqual(trespassesIn(importsOf(scripts)), []);
});

for (const [path, target] of [
  ["console/shell/socket.js", "../state/store.js"],
  ["console/state/calls.js", "../ringing/alerts.js"],
  ["console/dialing/commands.js", "../call/controls.js"],
  ["console/wrap-up/commands.js", "../console.js"],
]) {
  test(`an import of ${target} planted in ${path} is refused`, () => {
    const text = `import { planted } from "${target}";\n`;
    const other = join(dirname(path), target);
    const imports = importsOf([{ path, text }]);
    assert.deepEqual(trespassesIn(imports), [`${path} imports ${other}`]);
  });
}

test("types are named without import(), which hashed static files would follow", () => {
  assert.ok(scripts.length > 0);
  for (const { path, text } of scripts) {
    assert.doesNotMatch(text, /import\(/, path);
  }
});

test("no script puts strings into the page as markup", () => {
  for (const { path, text } of scripts) {
    assert.doesNotMatch(text, /innerHTML|insertAdjacentHTML|document\.write/, path);
  }
});
