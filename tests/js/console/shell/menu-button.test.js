import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAfter } from "../../../../static/console/shell/menu-button.js";

test("arrows go round in a menu, other keys stay", () => {
  assert.equal(placeAfter("ArrowDown", -1, 3), 0);
  assert.equal(placeAfter("ArrowDown", 2, 3), 0);
  assert.equal(placeAfter("ArrowUp", 0, 3), 2);
  assert.equal(placeAfter("ArrowUp", -1, 3), 2);
  assert.equal(placeAfter("Home", 2, 3), 0);
  assert.equal(placeAfter("End", 0, 3), 2);
  assert.equal(placeAfter("x", 0, 3), null);
  assert.equal(placeAfter("ArrowDown", 0, 0), null);
});
