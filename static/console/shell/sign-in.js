/** Whether this browser is signed in; the refused handshake of a websocket does not say. */

/** So long a sign-in in another tab may take between the old session and its own. */
const SIGN_IN_MS = 2_000;

/**
 * Tell whether this browser is signed out for good: a sign-in beside this page ends the
 * old session a moment before the browser has the new one. Unknown counts as signed in.
 * @param {string} address of a page that needs a session
 * @param {{ask: typeof fetch, wait: (ms: number) => Promise<void>}} means
 */
export async function isSignedOut(
  address,
  { ask, wait } = { ask: fetch, wait: pause },
) {
  if (!(await isTurnedAway(address, ask))) {
    return false;
  }
  await wait(SIGN_IN_MS);
  return isTurnedAway(address, ask);
}

/**
 * Tell whether the server would send this page to the sign-in now.
 * @param {string} address
 * @param {typeof fetch} ask
 */
async function isTurnedAway(address, ask) {
  try {
    const reply = await ask(address, { redirect: "manual", cache: "no-store" });
    return reply.type === "opaqueredirect";
  } catch {
    return false;
  }
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
