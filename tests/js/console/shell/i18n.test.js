import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { loadCatalogue, plural, t } from "../../../../static/console/shell/i18n.js";

afterEach(() => loadCatalogue(null));

test("without a catalogue a text stays as it was written", () => {
  assert.equal(t("Hang up"), "Hang up");
  assert.equal(
    t("{name} answered this call.", { name: "Ana" }),
    "Ana answered this call.",
  );
});

test("a text of the catalogue is shown in the agent's language", () => {
  loadCatalogue(
    JSON.stringify({ "{name} answered this call.": "{name} tomó la llamada." }),
  );
  assert.equal(
    t("{name} answered this call.", { name: "Ana" }),
    "Ana tomó la llamada.",
  );
  assert.equal(t("Hang up"), "Hang up");
});

test("one and many have their own words", () => {
  assert.equal(plural("{count} waiting", "{count} waiting", 1), "1 waiting");
  loadCatalogue(
    JSON.stringify({ "{count} waiting": ["{count} espera", "{count} esperan"] }),
  );
  assert.equal(plural("{count} waiting", "{count} waiting", 1), "1 espera");
  assert.equal(plural("{count} waiting", "{count} waiting", 3), "3 esperan");
});

test("a name without a value stays visible", () => {
  assert.equal(t("{name} waits"), "{name} waits");
});
