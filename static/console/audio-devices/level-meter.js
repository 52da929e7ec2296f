import { t } from "../shell/i18n.js";
import { barOf, levelText } from "./levels.js";

/** The fall of the bar with each new level, so that the eye can follow. */
const FALL = 0.08;

/** <level-meter label="You">: a bar that follows the property `level`. */
export class LevelMeter extends HTMLElement {
  #bar = 0;
  #name = document.createElement("span");
  #track = document.createElement("span");

  connectedCallback() {
    const label = this.getAttribute("label") ?? "";
    this.setAttribute("role", "meter");
    this.setAttribute("aria-label", t("{name} level", { name: label }));
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuemax", "100");
    this.#name.className = "meter-name";
    this.#name.textContent = label;
    this.#track.className = "meter-track";
    this.replaceChildren(this.#name, this.#track);
    this.level = 0;
  }

  /** @param {number} level root mean square, 1 is full scale */
  set level(level) {
    this.#bar = Math.max(barOf(level), this.#bar - FALL);
    this.#track.style.setProperty("--bar", `${Math.round(this.#bar * 100)}%`);
    this.setAttribute("aria-valuenow", String(Math.round(this.#bar * 100)));
    this.setAttribute("aria-valuetext", t(levelText(this.#bar)));
  }
}
