import { html, nothing, render } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { CHOICE_KEYS, SHORTCUTS, writtenKey } from "../shell/keyboard.js";
import { keyNow } from "../state/keys-now.js";

/** @import {KeyMode} from "../shell/keyboard.js" */
/** @import {State} from "../state/state.js" */

/** @type {{mode: KeyMode, label: string, effect: string}[]} */
const MODES = [
  {
    mode: "modifier",
    label: marked("With Alt and Shift"),
    effect: marked(
      "Keys act together with Alt and Shift. A letter alone does nothing.",
    ),
  },
  {
    mode: "single",
    label: marked("Single keys"),
    effect: marked(
      "One letter alone acts, unless you type in a field or go on typing at once.",
    ),
  },
  {
    mode: "off",
    label: marked("No keys"),
    effect: marked("No key does anything. Use the buttons."),
  },
];

/** The list of keys, what each does in this moment, and the choice of what they take. */
export class Help {
  #dialog;
  /** @type {(mode: KeyMode) => void} */
  choose = () => {};

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
  }

  /** @param {State} state */
  open(state) {
    this.#render(state);
    this.#dialog.showModal();
  }

  /**
   * Keep it true while it is open.
   * @param {State} state
   */
  draw(state) {
    if (this.#dialog.open) {
      this.#render(state);
    }
  }

  /** @param {State} state */
  #render(state) {
    render(this.#content(state), this.#dialog);
  }

  /** @param {State} state */
  #content(state) {
    const { keys } = state.preferences;
    const chosen = MODES.find(({ mode }) => mode === keys);
    return html`<header class="help-head">
        <h2 id="help-heading">${t("Keyboard shortcuts")}</h2>
        <form method="dialog">
          <button class="button primary" autofocus>${t("Close")}</button>
        </form>
      </header>
      <fieldset class="key-modes">
        <legend>${t("When keys act")}</legend>
        ${MODES.map((one) => this.#choice(one, state))}
        <p class="hint" role="status">${chosen ? t(chosen.effect) : nothing}</p>
      </fieldset>
      ${keys === "off" ? nothing : list(state)}
      <p class="hint">
        ${t("In a field every key writes. What ends or hands on a call waits a moment after a key: Escape takes it back.")}
      </p>`;
  }

  /**
   * @param {{mode: KeyMode, label: string}} one
   * @param {State} state
   */
  #choice({ mode, label }, { preferences, connection }) {
    return html`<label class="choice">
      <input
        type="radio"
        name="key-mode"
        .checked=${preferences.keys === mode}
        ?disabled=${connection !== "online"}
        @change=${() => this.choose(mode)}
      />
      ${t(label)}
    </label>`;
  }
}

/** @param {State} state */
function list(state) {
  return html`<dl class="shortcuts">
    ${[...SHORTCUTS, CHOICE_KEYS].map(({ verb, key, text }) => {
      const { can, text: now } = keyNow(verb, state);
      return html`<div data-can=${can}>
        <dt><kbd translate="no">${written(verb, key, state.preferences.keys)}</kbd></dt>
        <dd>${t(text)}${now === "" ? nothing : html`<small>${now}</small>`}</dd>
      </div>`;
    })}
  </dl>`;
}

/**
 * @param {string} verb
 * @param {string} key
 * @param {KeyMode} mode
 */
function written(verb, key, mode) {
  return verb === CHOICE_KEYS.verb
    ? writtenKey("choose_1", mode).replace("1", key)
    : writtenKey(verb, mode);
}

/**
 * Show the button that opens the help.
 * @param {() => void} open
 */
export function helpButton(open) {
  return html`<section class="panel quiet">
    <button
      type="button"
      class="link-button"
      aria-keyshortcuts=${ariaKeys("help")}
      @click=${open}
    >
      ${t("Keyboard shortcuts")} ${keyHint("help")}
    </button>
  </section>`;
}
