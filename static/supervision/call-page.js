/** The admin's page of a live call: the supervisor steps in from here. */
import { loadCatalogue } from "../console/shell/i18n.js";
import { render } from "../vendor/lit-html.js";
import { steppingInOf } from "./page.js";
import { actionsView } from "./view.js";

loadCatalogue(document.querySelector("#catalogue")?.textContent);
const steppingIn = steppingInOf(document.querySelector("#supervision"));
const cell = document.querySelector(".call-actions");
if (steppingIn !== null && cell instanceof HTMLElement) {
  const { callId = "", status = "", agent = "" } = cell.dataset;
  const call = { id: callId, status, agent: agent || null };
  const draw = () => render(actionsView(steppingIn, call), cell);
  steppingIn.addEventListener("change", draw);
  draw();
  steppingIn.resume();
}
