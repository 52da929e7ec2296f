import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/", import.meta.url);

/** Every script of ours by its path, with its text. */
const scripts = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith(".js") && !path.startsWith("vendor"))
  .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), "utf8") }));

test("types are named without import(), which hashed static files would follow", () => {
  // Also in comments: types that refer to each other go in circles, and a file whose
  // name is the hash of its text cannot.
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
