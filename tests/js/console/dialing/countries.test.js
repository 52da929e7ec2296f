import assert from "node:assert/strict";
import { test } from "node:test";
import { countryName } from "../../../../static/console/dialing/countries.js";

test("a country has its name in the language of the page", () => {
  assert.equal(countryName("DE"), "Germany");
  globalThis.document = /** @type {any} */ ({ documentElement: { lang: "es" } });
  try {
    assert.equal(countryName("DE"), "Alemania");
  } finally {
    // @ts-expect-error the page is gone again
    delete globalThis.document;
  }
});

test("what is no country stays as it is", () => {
  assert.equal(countryName(""), "");
  assert.equal(countryName("001"), "001");
});
