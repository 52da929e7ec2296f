import { html, nothing } from "../../vendor/lit-html.js";
import { plural, t } from "../shell/i18n.js";
import { chevron, cross } from "../shell/icons.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";

/** @import {ShiftCommands} from "./commands.js" */
/** @import {Break, NextState} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * Show the breaks there are. An agent who waits for calls goes at once; one in a call
 * chooses what comes after it.
 * @param {State} state
 * @param {boolean} disabled
 * @param {ShiftCommands} commands
 */
export function breakButton(state, disabled, commands) {
  const { breaks } = state.shift;
  const at = state.agent?.state ?? "";
  if (WAITING.includes(at)) {
    const take = (/** @type {Break["id"] | null} */ id) => commands.takeBreak(id);
    return breaks.length === 0
      ? plainButton(t("Take a break"), disabled, () => take(null))
      : menu(
          t("Take a break"),
          disabled,
          breaks.map((one) => item(one, take)),
        );
  }
  return BUSY.includes(at) ? nextMenu(at, breaks, disabled, commands) : nothing;
}

const WAITING = ["available", "cannot_ring"];
const BUSY = ["ringing", "in_call", "reconnecting", "wrap_up"];

/**
 * @param {string} at
 * @param {Break[]} breaks
 * @param {boolean} disabled
 * @param {ShiftCommands} commands
 */
function nextMenu(at, breaks, disabled, commands) {
  const then = (/** @type {Break["id"] | null} */ reason) =>
    commands.goNext({ state: "on_break", reason });
  const off = () => commands.goNext({ state: "offline", reason: null });
  const isWrapUp = at === "wrap_up";
  const label = isWrapUp ? t("Break after wrap-up") : t("Break after this call");
  return menu(label, disabled, [
    breaks.length === 0
      ? menuItem(t("A break"), "", () => then(null))
      : breaks.map((one) => item(one, then)),
    html`<div role="separator"></div>`,
    menuItem(
      isWrapUp ? t("Offline after wrap-up") : t("Offline after this call"),
      "",
      off,
    ),
  ]);
}

/**
 * Show what follows, and a way to cancel it.
 * @param {NextState | null | undefined} next
 * @param {boolean} disabled
 * @param {ShiftCommands} commands
 */
export function nextPill(next, disabled, commands) {
  if (!next) {
    return nothing;
  }
  const what =
    next.state === "offline"
      ? t("Offline")
      : next.reason
        ? t(next.reason)
        : t("A break");
  return html`<span class="next-pill">
    <span>${t("Next: {what}", { what })}</span>
    <button
      type="button"
      class="icon-button"
      aria-label=${t("Stay available instead")}
      ?disabled=${disabled}
      @click=${() => commands.goNext({ state: null, reason: null })}
    >
      ${cross()}
    </button>
  </span>`;
}

/**
 * @param {Break} one
 * @param {(id: Break["id"]) => void} choose
 */
function item({ id, name, minutes }, choose) {
  const limit = minutes ? plural("{count} minute", "{count} minutes", minutes) : "";
  return menuItem(t(name), limit, () => choose(id));
}

/**
 * @param {string} name
 * @param {string} detail
 * @param {() => void} choose
 */
function menuItem(name, detail, choose) {
  return html`<button type="button" role="menuitem" tabindex="-1" @click=${choose}>
    <span>${name}</span> ${detail ? html`<small>${detail}</small>` : nothing}
  </button>`;
}

/**
 * @param {string} label
 * @param {boolean} disabled
 * @param {unknown} items
 */
function menu(label, disabled, items) {
  return html`<menu-button data-breaks>
    <button
      type="button"
      class="button"
      aria-haspopup="menu"
      aria-expanded="false"
      aria-keyshortcuts=${ariaKeys("break")}
      ?disabled=${disabled}
    >
      ${label} ${chevron()}
    </button>
    <div class="menu" role="menu" aria-label=${label} hidden>${items}</div>
  </menu-button>`;
}

/**
 * @param {string} label
 * @param {boolean} disabled
 * @param {() => void} action
 */
function plainButton(label, disabled, action) {
  return html`<span data-breaks>
    <button
      type="button"
      class="button"
      aria-keyshortcuts=${ariaKeys("break")}
      ?disabled=${disabled}
      @click=${action}
    >
      ${label} ${keyHint("break")}
    </button>
  </span>`;
}
