import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../../../static/console/", import.meta.url);
/** What is a state, a name or a number says so by one of these. */
const STATE =
  /<bdi\b|<kbd\b|class="(?:[\w-]+ )?(?:number|timer|avatar|target-name)"|role="timer"/g;
const A_TAG = /<[a-z][^<>]*(?:\$\{[^}]*\}[^<>]*)*/g;

const modules = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith(".js"));

for (const path of modules) {
  const source = readFileSync(new URL(path, ROOT), "utf8");
  const tags = (source.match(A_TAG) ?? []).filter((tag) => tag.match(STATE));
  if (tags.length > 0) {
    test(`no translator touches names, numbers and times of ${path}`, () => {
      for (const tag of tags) assert.match(tag, /translate="no"/, tag);
    });
  }
}
