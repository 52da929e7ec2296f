/**
 * Lets a page of the admin step into calls: one engine and one socket for the page, and
 * the buttons in every element that names a call.
 */
import { AudioEngine } from "../audio/engine.js";
import { loadCatalogue } from "../console/shell/i18n.js";
import { render } from "../vendor/lit-html.js";
import { SupervisionSocket } from "./socket.js";
import { SteppingIn } from "./stepping-in.js";
import { actionsView } from "./view.js";

/** @import {CallNow} from "./view.js" */

/**
 * Makes the part of a page that steps in, by the data attributes of `given`: see
 * templates/admin/supervision.html.
 *
 * @param {HTMLElement} given
 */
export function steppingInOf(given) {
  const data = /** @type {Record<string, string>} */ (given.dataset);
  loadCatalogue(document.querySelector("#supervision-texts")?.textContent);
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

/**
 * Keeps the buttons of one call in `cell`, until the function that it returns is called.
 *
 * @param {SteppingIn} steppingIn
 * @param {HTMLElement} cell
 * @param {CallNow} call
 */
export function mount(steppingIn, cell, call) {
  const draw = () => render(actionsView(steppingIn, call), cell);
  steppingIn.addEventListener("change", draw);
  draw();
  return () => steppingIn.removeEventListener("change", draw);
}
