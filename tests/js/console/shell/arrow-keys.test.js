import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTarget } from "../../../../static/console/shell/arrow-keys.js";

test("arrow keys lead from the field through the buttons that can be pressed", () => {
  const rows = [2, 0, 1];
  assert.deepEqual(nextTarget(rows, null, "ArrowDown"), { row: 0, column: 0 });
  assert.deepEqual(nextTarget(rows, { row: 0, column: 0 }, "ArrowRight"), {
    row: 0,
    column: 1,
  });
  assert.deepEqual(nextTarget(rows, { row: 0, column: 1 }, "ArrowDown"), {
    row: 2,
    column: 0,
  });
  assert.deepEqual(nextTarget(rows, { row: 2, column: 0 }, "ArrowDown"), {
    row: 2,
    column: 0,
  });
  assert.equal(nextTarget(rows, { row: 0, column: 0 }, "ArrowUp"), null);
  assert.equal(nextTarget(rows, null, "ArrowLeft"), undefined);
  assert.equal(nextTarget(rows, { row: 0, column: 0 }, "Enter"), undefined);
  assert.equal(nextTarget([], null, "ArrowDown"), undefined);
});
