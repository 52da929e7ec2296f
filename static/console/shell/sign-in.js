/**
 * Tell whether the server would send this page to the sign-in: a refused handshake of a
 * websocket gives no reason. Unknown counts as signed in.
 * @param {string} address of this page
 */
export async function isSignedOut(address) {
  try {
    const reply = await fetch(address, { redirect: "manual", cache: "no-store" });
    return reply.type === "opaqueredirect";
  } catch {
    return false;
  }
}
