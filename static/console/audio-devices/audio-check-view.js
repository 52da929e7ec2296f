/** The check of the audio: hear yourself through the server, and see how long that takes. */

import { html, nothing } from "../../vendor/lit-html.js";
import { plural, t } from "../shell/i18n.js";
import { mayCheck } from "./audio-check.js";
import { checkRating, delayMs } from "./audio-check-rating.js";

/** @import {AudioCheck, Measured, State} from "../state/state.js" */
/** @import {AudioChecker} from "./audio-check.js" */

/**
 * @param {State} state
 * @param {AudioChecker} checker
 */
export function audioCheckView(state, checker) {
  const { check } = state;
  return html`<section class="panel audio-check" aria-labelledby="check-heading">
    <h2 id="check-heading">${t("Check your audio")}</h2>
    ${words(check)}
    <button
      type="button"
      class="button"
      ?disabled=${!mayCheck(state)}
      @click=${() => (check.phase === "running" ? checker.stop() : checker.start())}
    >
      ${buttonWord(check)}
    </button>
    ${check.phase === "running" ? running(check) : nothing}
    ${check.phase === "over" ? delay(check.measured) : nothing}
  </section>`;
}

/** @param {AudioCheck} check */
function buttonWord({ phase }) {
  if (phase === "running") {
    return t("Stop the check");
  }
  return phase === "over" ? t("Check again") : t("Start the check");
}

/** @param {AudioCheck} check */
function running({ measured, left }) {
  return html`<level-meter label=${t("Returned audio")} data-level="speaker"></level-meter>
    ${delay(measured)}
    <p class="hint">
      ${plural("Stops by itself in {count} second.", "Stops by itself in {count} seconds.", left)}
    </p>`;
}

/** @param {AudioCheck} check */
function words(check) {
  if (check.phase === "running") {
    return html`<p>${t("Say something. You hear yourself a second later.")}</p>`;
  }
  if (check.phase === "idle") {
    return html`<p class="hint">
      ${t("Hear yourself as a caller does: your voice goes to the server and back.")}
    </p>`;
  }
  const { grade, text, advice } = checkRating(check);
  return html`<div class="check-verdict" data-grade=${grade} role="status">
      <p><strong>${text}</strong></p>
      <p>${advice}</p>
    </div>`;
}

/** @param {Measured | null} measured */
function delay(measured) {
  const whole = delayMs(measured);
  if (measured === null || whole === null) {
    return html`<p class="check-delay">${t("Measuring the delay…")}</p>`;
  }
  const parts = {
    network: Math.round(measured.networkMs ?? 0),
    buffer: Math.round(measured.bufferMs),
  };
  return html`<p class="check-delay">
      ${t("Round-trip delay to the server: {delay} ms", { delay: whole })}
    </p>
    <p class="hint">
      ${t("Network {network} ms, jitter buffer {buffer} ms", parts)}
    </p>`;
}

/**
 * One short ring where calls ring.
 * @param {() => void} ring
 */
export function testRingButton(ring) {
  return html`<button type="button" class="button small" @click=${ring}>
    ${t("Test ring")}
  </button>`;
}
