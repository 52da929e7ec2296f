/**
 * Rows that stay the same elements: only those that differ are drawn again, and only
 * those that can be seen follow the clock. 500 rows cost what 30 cost.
 */

import { render } from "../vendor/lit-html.js";

/** @import {TemplateResult} from "../vendor/lit-html.js" */

/**
 * @template {{id: string | number}} Item
 */
export class KeyedRows {
  #parent;
  #tag;
  #template;
  /** @type {Map<string, {element: HTMLElement, item: Item, text: string}>} */
  #rows = new Map();
  /** @type {Set<Element>} */
  #visible = new Set();
  #observer = new IntersectionObserver((entries) => this.#seen(entries));
  #now = Number.NaN;

  /**
   * @param {HTMLElement} parent
   * @param {string} tag of each row
   * @param {(item: Item, now: number, element: HTMLElement) => TemplateResult} template
   */
  constructor(parent, tag, template) {
    this.#parent = parent;
    this.#tag = tag;
    this.#template = template;
  }

  /**
   * Show these, in this order.
   * @param {Item[]} items all that a row shows, but for the time
   * @param {number} now milliseconds of the epoch
   */
  update(items, now) {
    this.#now = now;
    this.#drop(new Set(items.map((item) => String(item.id))));
    let place = this.#parent.firstElementChild;
    for (const item of items) {
      const element = this.#draw(item);
      if (element === place) {
        place = place.nextElementSibling;
      } else {
        this.#parent.insertBefore(element, place);
      }
    }
  }

  /**
   * Let the rows that can be seen follow the clock.
   * @param {number} now
   */
  tick(now) {
    this.#now = now;
    for (const { element, item } of this.#rows.values()) {
      if (this.#visible.has(element)) {
        this.#render(element, item);
      }
    }
  }

  /** @param {Set<string>} kept */
  #drop(kept) {
    for (const [id, { element }] of this.#rows) {
      if (!kept.has(id)) {
        this.#observer.unobserve(element);
        this.#visible.delete(element);
        element.remove();
        this.#rows.delete(id);
      }
    }
  }

  /** @param {Item} item */
  #draw(item) {
    const id = String(item.id);
    const text = JSON.stringify(item);
    const known = this.#rows.get(id);
    if (known?.text === text) {
      return known.element;
    }
    const element = known?.element ?? this.#create();
    this.#rows.set(id, { element, item, text });
    this.#render(element, item);
    return element;
  }

  #create() {
    const element = document.createElement(this.#tag);
    this.#observer.observe(element);
    return element;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        this.#visible.add(target);
      } else {
        this.#visible.delete(target);
      }
    }
    this.tick(this.#now);
  }

  /**
   * @param {HTMLElement} element
   * @param {Item} item
   */
  #render(element, item) {
    render(this.#template(item, this.#now, element), element);
  }
}
