import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { BLOCKED } from "../shell/notifier.js";

/**
 * Say what this browser lets the console show, and try it.
 * @param {string | undefined} permission as the browser names it; none without any
 * @param {string} told what came of the last press
 * @param {(told?: string) => void} draw
 */
export function notificationsSection(permission, told, draw) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ act) =>
    html`<button type="button" class="button" @click=${act}>${label}</button>`;
  const says = told ? html`<p role="status">${told}</p>` : nothing;
  switch (permission) {
    case undefined:
      return html`<p>${t("This browser shows no notifications.")}</p>`;
    case "denied":
      return html`<p class="problem">${t(BLOCKED)}</p>`;
    case "granted":
      return html`<p>${t("This browser may show notifications.")}</p>
        ${button(t("Test notification"), () => draw(test()))} ${says}`;
    default:
      return html`<p>${t("This browser has not been allowed to show notifications.")}</p>
        ${button(t("Allow notifications"), () =>
          Notification.requestPermission().then(() => draw()),
        )}`;
  }
}

/** @returns {string} what to expect of it */
function test() {
  try {
    new Notification(t("Test"), { body: t("A call is announced like this.") });
  } catch {
    return t("This browser shows no notifications.");
  }
  return t(
    "Sent. If you see nothing, the system holds notifications back: look for “do not disturb” or “focus” in its settings.",
  );
}
