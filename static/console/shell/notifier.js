/** Tells an agent who looks elsewhere: the page's title, and a desktop notification. */

import { marked, t } from "./i18n.js";

const TITLE = marked("Console");
export const BLOCKED = marked(
  "Desktop notifications are blocked. Keep this window in sight, or allow them in the " +
    "site settings beside the address.",
);

/** @typedef {{id: string, headline: string, detail: string}} Item */

export class Notifier {
  #icon;
  /** @type {Map<string, Notification>} */
  #shown = new Map();
  /** @type {Item[]} */
  #items = [];
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
    return complain ? t(BLOCKED) : "";
  }

  /** What this browser lets the page show. */
  get permission() {
    return globalThis.Notification?.permission ?? "unsupported";
  }

  /**
   * Show what is due now, and only that: a call that rings, a person to call.
   * @param {Item[]} items the most urgent first
   * @param {string} title of the page
   */
  show(items, title) {
    this.#items = items;
    document.title = title || t(TITLE);
    this.#notify();
  }

  #notify() {
    const wanted = new Set(this.#items.map(({ id }) => id));
    for (const [id, notification] of this.#shown) {
      if (!wanted.has(id)) {
        notification.close();
        this.#shown.delete(id);
      }
    }
    if (!document.hidden || globalThis.Notification?.permission !== "granted") {
      return;
    }
    for (const item of this.#items) {
      if (!this.#shown.has(item.id)) {
        this.#shown.set(item.id, this.#open(item));
      }
    }
  }

  /** @param {Item} item */
  #open({ id, headline, detail }) {
    const notification = new Notification(headline, {
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
