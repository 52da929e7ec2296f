/** Single-key shortcuts, never while the agent types; they can be turned off. */

import { marked } from "./i18n.js";

const STORED = "console.shortcuts";

/** Keys and what they do, in the order of the help. */
export const SHORTCUTS = Object.freeze([
  { key: "a", verb: "answer", text: marked("Answer the call that rings longest") },
  { key: "d", verb: "decline", text: marked("Decline the call") },
  { key: "m", verb: "mute", text: marked("Mute or unmute") },
  { key: "o", verb: "hold", text: marked("Hold the call, or resume it") },
  { key: "r", verb: "rewind", text: marked("Rewind, or back to live") },
  { key: "t", verb: "transfer", text: marked("Transfer the call") },
  { key: "h", verb: "hang_up", text: marked("Hang up") },
  { key: "n", verb: "number", text: marked("Enter a number to call") },
  { key: "w", verb: "write", text: marked("Write notes about the call") },
  {
    key: "b",
    verb: "break",
    text: marked("Take a break, or choose the next state during a call"),
  },
  { key: "e", verb: "more_time", text: marked("More time for the wrap-up") },
  { key: "f", verb: "finish", text: marked("Finish the wrap-up") },
  { key: "?", verb: "help", text: marked("Show these shortcuts") },
]);

/** Digits, which stand for places in a list. */
export const CHOICE_KEYS = Object.freeze({
  key: "1–9",
  text: marked("Choose a disposition in the wrap-up"),
});

/** @type {Map<string, string>} */
const VERBS = new Map(SHORTCUTS.map(({ key, verb }) => [key, verb]));
for (let place = 1; place <= 9; place += 1) {
  VERBS.set(String(place), `choose_${place}`);
}

/**
 * Return what a key press asks for, or null.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean,
 *   repeat: boolean, target: any}} press
 */
export function verbOf(press) {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat) {
    return null;
  }
  return isTyping(press.target) ? null : (VERBS.get(press.key.toLowerCase()) ?? null);
}

/**
 * Tell whether keys pressed here mean text or a choice in a list.
 * @param {{matches?: (selector: string) => boolean, isContentEditable?: boolean}
 *   | null} element
 */
export function isTyping(element) {
  const field = "input:not([type=checkbox]), textarea, select";
  return element?.isContentEditable === true || element?.matches?.(field) === true;
}

/** Dispatches "verb" {verb}. The help stays reachable when the rest is off. */
export class Keyboard extends EventTarget {
  constructor() {
    super();
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  get isOn() {
    return localStorage.getItem(STORED) !== "off";
  }

  /** @param {boolean} on */
  turn(on) {
    localStorage.setItem(STORED, on ? "on" : "off");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const verb = verbOf(event);
    if (verb === null || document.querySelector("dialog[open]") !== null) {
      return;
    }
    if (this.isOn || verb === "help") {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("verb", { detail: { verb } }));
    }
  }
}
