import { html, nothing } from "../../vendor/lit-html.js";
import { plural, t } from "../shell/i18n.js";
import { backwards, play } from "../shell/icons.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { canRewind } from "../state/rewind.js";

/** @import {Call} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */
/** @import {RewindCommands} from "./rewind.js" */

/**
 * Show the button that lets the agent hear the caller again, where the queue has it. The
 * seconds are no part of its name: they change all the time.
 * @param {State} state
 * @param {Call} call
 * @param {RewindCommands} rewind
 */
export function rewindView(state, call, rewind) {
  if (call.rewind !== true) {
    return nothing;
  }
  const { length, kept, left } = state.rewind;
  const isPlaying = length > 0;
  return html`<div class="rewind" data-playing=${isPlaying}>
    <button
      type="button"
      class="button"
      aria-keyshortcuts=${ariaKeys("rewind")}
      aria-describedby="rewind-note"
      ?disabled=${!isPlaying && !canRewind(state)}
      @click=${() => rewind.toggle()}
    >
      ${isPlaying ? play() : backwards()} ${isPlaying ? t("Back to live") : t("Rewind")}
      <span class="rewind-seconds" aria-hidden="true" translate="no"
        >${t("{count} s", { count: isPlaying ? left : kept })}</span
      >
      ${keyHint("rewind")}
    </button>
    <p id="rewind-note" class="rewind-note" role="status">${note(state)}</p>
  </div>`;
}

/** @param {State} state */
function note({ rewind: { length, mono } }) {
  if (length === 0) {
    return "";
  }
  const beside = plural(
    "The last second again, in the right ear. The call goes on in the left ear.",
    "The last {count} seconds again, in the right ear. The call goes on in the left ear.",
    length,
  );
  const beneath = plural(
    "The last second again. The call goes on more softly beneath it.",
    "The last {count} seconds again. The call goes on more softly beneath it.",
    length,
  );
  return mono ? beneath : beside;
}
