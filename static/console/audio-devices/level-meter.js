import { t } from "../shell/i18n.js";
import { barOf, levelText } from "./levels.js";

/** The fall of the bar with each new level, so that the eye can follow. */
const FALL = 0.08;

/**
 * <level-meter label="You">: a bar that follows the property `level`. The label may
 * change while it is shown: another person may be heard.
 */
export class LevelMeter extends HTMLElement {
  static observedAttributes = ["label"];

  #bar = 0;
  #name = document.createElement("span");
  #track = document.createElement("span");

  connectedCallback() {
    this.setAttribute("role", "meter");
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuemax", "100");
    this.#name.className = "meter-name";
    this.#track.className = "meter-track";
    this.replaceChildren(this.#name, this.#track);
    this.level = 0;
  }

  attributeChangedCallback() {
    const label = this.getAttribute("label") ?? "";
    this.setAttribute("aria-label", t("{name} level", { name: label }));
    this.#name.textContent = label;
  }

  /** @param {number} level root mean square, 1 is full scale */
  set level(level) {
    this.#bar = Math.max(barOf(level), this.#bar - FALL);
    this.#track.style.setProperty("--bar", `${Math.round(this.#bar * 100)}%`);
    this.setAttribute("aria-valuenow", String(Math.round(this.#bar * 100)));
    this.setAttribute("aria-valuetext", t(levelText(this.#bar)));
  }
}
