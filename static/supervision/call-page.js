/** The admin's page of a live call: the supervisor steps in from here. */
import { mount, steppingInOf } from "./page.js";

const given = /** @type {HTMLElement} */ (document.querySelector("#supervision"));
const steppingIn = steppingInOf(given);
for (const cell of document.querySelectorAll(".call-actions")) {
  if (cell instanceof HTMLElement) {
    const { callId = "", status = "", agent = "" } = cell.dataset;
    mount(steppingIn, cell, { id: callId, status, agent: agent || null });
  }
}
steppingIn.resume();
