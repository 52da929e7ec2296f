/** Tells an agent who looks elsewhere: the page's title, and a desktop notification. */

const TITLE = "Console";
const BLOCKED =
  "Desktop notifications are blocked. Keep this window in sight, or allow them in the " +
  "site settings beside the address.";

export class Notifier {
  #icon;
  /** @type {Map<string, Notification>} */
  #shown = new Map();
  /** @type {{id: string, who: string, detail: string}[]} */
  #ringing = [];
  #complained = false;

  /** @param {string} icon address of the picture in the notification */
  constructor(icon) {
    this.#icon = icon;
    document.addEventListener("visibilitychange", () => this.#notify());
  }

  /**
   * Ask to show notifications; call it in the handler of a click.
   * @returns {Promise<string>} a sentence when they stay off, the first time; else ""
   */
  async ask() {
    if (!("Notification" in window)) {
      return "";
    }
    if (Notification.permission === "default") {
      await Notification.requestPermission();
    }
    const complain = Notification.permission === "denied" && !this.#complained;
    this.#complained ||= complain;
    return complain ? BLOCKED : "";
  }

  /**
   * Show the calls that ring now, and only them.
   * @param {{id: string, who: string, detail: string}[]} ringing longest first
   */
  show(ringing) {
    this.#ringing = ringing;
    document.title = titleFor(ringing);
    this.#notify();
  }

  #notify() {
    const wanted = new Set(this.#ringing.map((call) => call.id));
    for (const [id, notification] of this.#shown) {
      if (!wanted.has(id)) {
        notification.close();
        this.#shown.delete(id);
      }
    }
    if (!document.hidden || globalThis.Notification?.permission !== "granted") {
      return;
    }
    for (const call of this.#ringing) {
      if (!this.#shown.has(call.id)) {
        this.#shown.set(call.id, this.#open(call));
      }
    }
  }

  /** @param {{id: string, who: string, detail: string}} call */
  #open({ id, who, detail }) {
    const notification = new Notification(`${who} is calling`, {
      body: detail,
      icon: this.#icon,
      tag: id,
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return notification;
  }
}

/**
 * @param {{who: string}[]} ringing
 */
function titleFor(ringing) {
  if (ringing.length === 0) {
    return TITLE;
  }
  return ringing.length === 1
    ? `\u260e ${ringing[0].who} is calling`
    : `\u260e ${ringing.length} calls are ringing`;
}
