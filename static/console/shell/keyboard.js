/**
 * The keys of the console: one table, and one place that decides whether a press counts.
 *
 * A key acts outside fields only. By itself a letter does nothing: it takes Alt and Shift,
 * or "single keys", which each agent turns on for themselves. Ctrl+Shift belongs to the
 * browsers, Ctrl+Alt types characters on many keyboards and is VoiceOver's own. The letters
 * leave alone what browsers do with Alt+Shift: A and T lead to their dialogs and toolbars, B
 * to the bookmarks, I to their feedback.
 *
 * @typedef {"modifier" | "single" | "off"} KeyMode
 * @typedef {{key: string, verb: string, text: string}} Shortcut
 *
 * @typedef {{matches?: (selector: string) => boolean, isContentEditable?: boolean,
 *   closest?: (selector: string) => unknown} | null} Target
 *
 * @typedef {object} Press what a keyboard event tells
 * @property {string} key
 * @property {string} [code]
 * @property {boolean} ctrlKey
 * @property {boolean} metaKey
 * @property {boolean} altKey
 * @property {boolean} shiftKey
 * @property {boolean} repeat
 * @property {boolean} [isComposing]
 * @property {boolean} [defaultPrevented]
 * @property {(key: string) => boolean} [getModifierState]
 * @property {any} target
 *
 * @typedef {{kind: "command" | "alone", verb: string} | {kind: "text", isStray: boolean}
 *   | {kind: "nothing"}} Verdict
 *   command: it acts; alone: it acts unless more text follows at once; text: the agent
 *   types, so it must not even press a button; isStray: beside a field
 */

import { marked } from "./i18n.js";

/** Keys and what they do, in the order of the help. @type {readonly Shortcut[]} */
export const SHORTCUTS = Object.freeze([
  { key: "y", verb: "answer", text: marked("Answer the call that rings longest") },
  { key: "d", verb: "decline", text: marked("Decline the call") },
  { key: "m", verb: "mute", text: marked("Mute or unmute") },
  { key: "o", verb: "hold", text: marked("Hold the call, or resume it") },
  { key: "r", verb: "rewind", text: marked("Rewind, or back to live") },
  { key: "x", verb: "transfer", text: marked("Transfer the call") },
  { key: "h", verb: "hang_up", text: marked("Hang up") },
  { key: "n", verb: "number", text: marked("Enter a number to call") },
  { key: "w", verb: "write", text: marked("Write notes about the call") },
  {
    key: "k",
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
  verb: "choose",
  text: marked("Choose a disposition in the wrap-up"),
});

/** Letters closer together than this are a word, not commands. */
export const PAUSE_MS = 1_000;
/** A single key waits so long for a second one. */
export const ALONE_MS = 300;
/** From this letter on it is plain that the agent types beside the fields. */
const STRAY_FROM = 3;
/** After so many more they have not noticed yet. */
const STRAY_AGAIN = 60;

/** @type {Map<string, string>} */
const VERBS = new Map(SHORTCUTS.map(({ key, verb }) => [key, verb]));
/** @type {Map<string, string>} */
const KEYS = new Map(SHORTCUTS.map(({ key, verb }) => [verb, key]));
for (let place = 1; place <= 9; place += 1) {
  VERBS.set(String(place), `choose_${place}`);
  KEYS.set(`choose_${place}`, String(place));
}

/**
 * Tell whether keys pressed here mean text, or a choice in a list.
 * @param {Target} element
 */
export function isTyping(element) {
  return isField(element) || Boolean(element?.closest?.(LISTS));
}

/**
 * @param {Target} element
 */
function isField(element) {
  return element?.isContentEditable === true || element?.matches?.(FIELDS) === true;
}

const FIELDS =
  "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), " +
  "textarea, select, [role=textbox], [role=combobox]";
const LISTS = "[role=menu], [role=listbox]";

/**
 * Return the letter, digit or sign that was pressed, whatever Alt and Shift make of it.
 * @param {Press} press
 */
export function letterOf({ key, code = "" }) {
  if (/^[a-z?]$/i.test(key)) {
    return key.toLowerCase();
  }
  return (
    /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ??
    /^Digit([0-9])$/.exec(code)?.[1] ??
    (code === "Slash" ? "?" : key)
  );
}

/**
 * Return how a key is written, for the agent and for screen readers; nothing when the keys
 * are off.
 * @param {string} verb
 * @param {KeyMode} mode
 */
export function writtenKey(verb, mode) {
  const key = KEYS.get(verb)?.toUpperCase() ?? "";
  if (mode === "off" || key === "") {
    return "";
  }
  return mode === "single" || key === "?" ? key : `Alt+Shift+${key}`;
}

/** @param {Press} press */
const isPlain = ({ ctrlKey, metaKey, altKey }) => !ctrlKey && !metaKey && !altKey;

/** @param {Press} press */
function isModified(press) {
  const { ctrlKey, metaKey, altKey, shiftKey } = press;
  const isAltGr = press.getModifierState?.("AltGraph") === true;
  return altKey && shiftKey && !ctrlKey && !metaKey && !isAltGr;
}

/** Decides whether a press counts. Knows when text was typed last, and nothing else. */
export class KeyGate {
  /** @type {KeyMode} */
  mode = "off";
  #textAt = Number.NEGATIVE_INFINITY;
  #strays = 0;
  #acted = "";

  /**
   * @param {Press} press
   * @param {number} at monotonic milliseconds
   * @param {boolean} isBlocked whether a dialog is open, which has keys of its own
   * @returns {Verdict}
   */
  judge(press, at, isBlocked) {
    if (press.isComposing || press.defaultPrevented) {
      return NOTHING;
    }
    if (!isPlain(press)) {
      return this.#combination(press, isBlocked);
    }
    if (press.key === " " || press.key === "Enter") {
      return this.#space(press, at);
    }
    if (press.key.length === 1) {
      return this.#letter(press, at, isBlocked);
    }
    if (!OF_TEXT.has(press.key)) {
      this.moved();
    }
    return NOTHING;
  }

  /** The focus was put somewhere on purpose: what follows is no continued text. */
  moved() {
    this.#textAt = Number.NEGATIVE_INFINITY;
    this.#acted = "";
  }

  /**
   * Say whether a single key still stands alone, so that it acts.
   * @param {number} at the time of its press
   * @param {string} verb
   */
  isAlone(at, verb) {
    const isAlone = this.#textAt === at;
    this.#acted = isAlone ? verb : "";
    return isAlone;
  }

  /**
   * @param {Press} press
   * @param {boolean} isBlocked
   * @returns {Verdict}
   */
  #combination(press, isBlocked) {
    const verb = VERBS.get(letterOf(press));
    const counts = isModified(press) && !press.repeat && !isBlocked;
    const isOn = this.mode !== "off" && !isTyping(press.target);
    return counts && isOn && verb !== undefined ? { kind: "command", verb } : NOTHING;
  }

  /**
   * A single key may be the first letter of a word, never one within it.
   * @param {Press} press
   * @param {number} at
   * @param {boolean} isBlocked
   * @returns {Verdict}
   */
  #letter(press, at, isBlocked) {
    const verb = VERBS.get(letterOf(press));
    const since = at - this.#textAt;
    const isAgain = verb === this.#acted && since >= ALONE_MS;
    const isWord = press.repeat || (since < PAUSE_MS && !isAgain);
    this.#textAt = at;
    if (isTyping(press.target)) {
      this.#strays = 0;
      return NOTHING;
    }
    this.#strays = isWord ? this.#strays + 1 : 1;
    const isKey =
      this.mode === "single" || (this.mode === "modifier" && verb === "help");
    return isKey && !isWord && !isBlocked && verb !== undefined
      ? { kind: "alone", verb }
      : { kind: "text", isStray: this.#strays % STRAY_AGAIN === STRAY_FROM };
  }

  /**
   * Right after a letter it belongs to the text, and presses no button. What is typed in
   * a field counts, too: the field may have gone meanwhile.
   * @param {Press} press
   * @param {number} at
   * @returns {Verdict}
   */
  #space(press, at) {
    if (isField(press.target) || at - this.#textAt >= PAUSE_MS) {
      return NOTHING;
    }
    this.#textAt = at;
    return { kind: "text", isStray: false };
  }
}

/** These move no focus. */
const OF_TEXT = new Set(["Shift", "CapsLock", "Backspace", "Delete", "Dead"]);

/** @type {Verdict} */
const NOTHING = Object.freeze({ kind: "nothing" });

/** Dispatches "verb" {verb}; "text" when the agent types beside the fields, "stray" now and then. */
export class Keyboard extends EventTarget {
  #gate = new KeyGate();
  #swallowsUp = false;
  /** Takes something back on Escape; tells whether there was anything. */
  takeBack = () => false;

  constructor() {
    super();
    window.addEventListener("keydown", (event) => this.#down(event), true);
    window.addEventListener("keyup", (event) => this.#up(event), true);
    window.addEventListener("pointerdown", () => this.#gate.moved(), true);
  }

  /** @param {KeyMode} mode */
  set mode(mode) {
    this.#gate.mode = mode;
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    this.#swallowsUp = false;
    if (event.key === "Escape" && this.takeBack()) {
      swallow(event);
      return;
    }
    const at = performance.now();
    const verdict = this.#gate.judge(event, at, isDialogOpen());
    if (verdict.kind === "text") {
      this.#text(event, verdict.isStray);
    } else if (verdict.kind === "command") {
      swallow(event);
      this.#say(verdict.verb);
    } else if (verdict.kind === "alone") {
      setTimeout(() => this.#actAlone(at, verdict.verb), ALONE_MS);
    }
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (this.#swallowsUp && event.key === " ") {
      swallow(event);
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {boolean} isStray
   */
  #text(event, isStray) {
    this.dispatchEvent(new CustomEvent("text", { detail: {} }));
    if (event.key === " " || event.key === "Enter") {
      this.#swallowsUp = true;
      swallow(event);
    }
    if (isStray) {
      this.dispatchEvent(new CustomEvent("stray", { detail: {} }));
    }
  }

  /**
   * @param {number} at
   * @param {string} verb
   */
  #actAlone(at, verb) {
    if (this.#gate.isAlone(at, verb) && !isDialogOpen()) {
      this.#say(verb);
    }
  }

  /** @param {string} verb */
  #say(verb) {
    this.dispatchEvent(new CustomEvent("verb", { detail: { verb } }));
  }
}

const isDialogOpen = () => document.querySelector("dialog[open]") !== null;

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
