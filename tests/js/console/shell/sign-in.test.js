import assert from "node:assert/strict";
import { test } from "node:test";
import { isSignedOut } from "../../../../static/console/shell/sign-in.js";

/** @param {(string | Error)[]} replies in this order @returns {Promise<boolean>} */
function answered(...replies) {
  const ask = /** @type {any} */ (
    async () => {
      const reply = replies.shift();
      if (reply instanceof Error) throw reply;
      return { type: reply };
    }
  );
  return isSignedOut("/console/", { ask, wait: async () => {} });
}

test("who is sent to the sign-in twice is signed out", async () => {
  assert.equal(await answered("opaqueredirect", "opaqueredirect"), true);
});

test("while somebody signs in beside it the page waits for the new session", async () => {
  assert.equal(await answered("opaqueredirect", "basic"), false);
});

test("a server that does not answer has signed nobody out", async () => {
  assert.equal(await answered(new Error("no network")), false);
  assert.equal(await answered("opaqueredirect", new Error("no network")), false);
  assert.equal(await answered("basic"), false);
});
