/** What a page of the admin needs to step into calls: one engine and one socket. */
import { AudioEngine } from "../audio/engine.js";
import { SupervisionSocket } from "./socket.js";
import { SteppingIn } from "./stepping-in.js";

/**
 * Makes the part of a page that steps in; null where the user may not.
 *
 * @param {HTMLElement | null} given as templates/admin/supervision.html has it
 */
export function steppingInOf(given) {
  if (given === null) return null;
  const data = /** @type {Record<string, string>} */ (given.dataset);
  const address = new URL(data.socketPath, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const language = document.documentElement.lang || "en";
  const engine = new AudioEngine({
    workerUrl: data.audioWorkerUrl,
    captureWorkletUrl: data.captureWorkletUrl,
    playoutWorkletUrl: data.playoutWorkletUrl,
  });
  return new SteppingIn(new SupervisionSocket(address.href, language), engine);
}
