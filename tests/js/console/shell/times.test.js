import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCatalogue } from "../../../../static/console/shell/i18n.js";
import { ago, left, when } from "../../../../static/console/shell/times.js";

const NOW = Date.parse("2026-01-05T09:00:00Z"); // a Monday
const iso = (/** @type {number} */ seconds) =>
  new Date(NOW + seconds * 1000).toISOString();

test("an age is shown in the largest unit that is full", () => {
  const ages = [0, 59, 60, 3599, 3600, 47 * 3600, 48 * 3600].map((age) =>
    ago(iso(-age), NOW),
  );
  assert.deepEqual(ages, [
    "just now",
    "just now",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "47 h ago",
    "2 days ago",
  ]);
});

test("an age that is not known, or a clock a little ahead, does no harm", () => {
  assert.equal(ago(null, NOW), "");
  assert.equal(ago("soon", NOW), "");
  assert.equal(ago(iso(0), Number.NaN), "");
  assert.equal(ago(iso(3), NOW), "just now");
});

test("what is left is rounded down, and nothing once it is over", () => {
  assert.equal(left(iso(30), NOW), "less than a minute");
  assert.equal(left(iso(3599), NOW), "59 min");
  assert.equal(left(iso(7 * 24 * 3600 - 1), NOW), "6 days");
  assert.equal(left(iso(0), NOW), "");
  assert.equal(left(null, NOW), "");
});

test("an instant is named by its day as the agent sees it", () => {
  const days = [0, 1, 2, 6, 7].map((day) => when(iso(day * 24 * 3600), NOW, "UTC"));
  assert.deepEqual(days, [
    "today 09:00",
    "tomorrow 09:00",
    "Wednesday 09:00",
    "Sunday 09:00",
    "Mon 12 Jan 09:00",
  ]);
});

test("midnight is where the agent is", () => {
  const evening = "2026-01-05T23:30:00Z";
  assert.equal(when(evening, NOW, "UTC"), "today 23:30");
  assert.equal(when(evening, NOW, "Europe/Berlin"), "tomorrow 00:30");
  assert.equal(when(evening, NOW, "America/New_York"), "today 18:30");
});

test("a change of the clocks does not move a day", () => {
  const before = Date.parse("2026-03-28T23:30:00Z");
  assert.equal(when("2026-03-29T22:30:00Z", before, "Europe/Berlin"), "tomorrow 00:30");
});

test("in Spanish an instant and an age read as Spanish", (it) => {
  globalThis.document = /** @type {any} */ ({ documentElement: { lang: "es" } });
  loadCatalogue(
    JSON.stringify({
      "{length} ago": "hace {length}",
      "{count} day": ["{count} día", "{count} días"],
      "{day} {time}": "el {day} a las {time}",
    }),
  );
  it.after(() => {
    loadCatalogue(null);
    Reflect.deleteProperty(globalThis, "document");
  });
  assert.equal(ago(iso(-72 * 3600), NOW), "hace 3 días");
  assert.equal(when(iso(2 * 24 * 3600), NOW, "UTC"), "el miércoles a las 09:00");
  assert.equal(when(iso(7 * 24 * 3600), NOW, "UTC"), "el lun, 12 ene a las 09:00");
});
