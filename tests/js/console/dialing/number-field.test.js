import assert from "node:assert/strict";
import { test } from "node:test";
import {
  mayBeNumber,
  NumberField,
} from "../../../../static/console/dialing/number-field.js";

const CARLA = "+49 1511 2345678";

/** A field whose pauses end with mock.timers. */
function field() {
  /** @type {string[]} */
  const asked = [];
  return { asked, field: new NumberField((text) => asked.push(text), 600) };
}

test("a number is recognized in any form; words and a few digits are not", () => {
  for (const text of [CARLA, "(030) 123-456", "0049.1511/2345678", "٠١٢٣٤٥٦٧"]) {
    assert.ok(mayBeNumber(text), text);
  }
  for (const text of ["", "+49 151", "Carla", "call 01511 2345678"]) {
    assert.ok(!mayBeNumber(text), text);
  }
});

test("a number is looked up once, when the typing pauses", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, field: typing } = field();
  for (let length = 1; length <= CARLA.length; length += 1) {
    typing.typed(CARLA.slice(0, length));
    mock.timers.tick(200);
  }
  assert.deepEqual(asked, []);
  mock.timers.tick(600);
  assert.deepEqual(asked, [CARLA]);
  typing.finished();
  assert.deepEqual(asked, [CARLA]);
});

test("what was pasted is looked up without a pause", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, field: typing } = field();
  typing.typed(` ${CARLA}\n`, true);
  mock.timers.tick(0);
  assert.deepEqual(asked, [CARLA]);
});

test("a pasted link or contact is looked up with its letters", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, field: typing } = field();
  typing.typed("https://wa.me/4915112345678", true);
  mock.timers.tick(0);
  typing.typed("Carla", true);
  mock.timers.tick(5000);
  assert.deepEqual(asked, ["https://wa.me/4915112345678"]);
});

test("too few digits wait for Enter", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, field: typing } = field();
  typing.typed("112");
  mock.timers.tick(5000);
  assert.deepEqual(asked, []);
  typing.finished();
  assert.deepEqual(asked, ["112"]);
});

test("an emptied field asks nothing, whatever was waiting", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, field: typing } = field();
  typing.typed(CARLA);
  typing.typed("");
  mock.timers.tick(5000);
  typing.finished();
  typing.again();
  assert.deepEqual(asked, []);
});

test("the same number is asked again when told to", () => {
  const { asked, field: typing } = field();
  typing.typed(CARLA);
  typing.finished();
  typing.again();
  assert.deepEqual(asked, [CARLA, CARLA]);
});
