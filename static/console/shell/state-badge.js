/** An agent's state as it is shown everywhere: a picture of its own beside the word. */

import { html } from "../../vendor/lit-html.js";
import {
  bell,
  check,
  circling,
  cup,
  handset,
  pencil,
  power,
  warning,
} from "./icons.js";

/** No two alike in shape: who sees no colours tells them apart. */
const STATE_ICONS = new Map([
  ["available", check],
  ["ringing", bell],
  ["in_call", handset],
  ["wrap_up", pencil],
  ["on_break", cup],
  ["cannot_ring", warning],
  ["reconnecting", circling],
  ["offline", power],
]);

/** @param {string} state */
export function stateIcon(state) {
  return (STATE_ICONS.get(state) ?? power)();
}

/**
 * Show the state of a colleague.
 * @param {string} state
 * @param {string} word
 */
export function stateBadge(state, word) {
  return html`<span class="state-badge" data-state=${state}
    >${stateIcon(state)} ${word}</span
  >`;
}
