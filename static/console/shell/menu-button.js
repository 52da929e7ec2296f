/**
 * <menu-button>: a button that opens the menu after it. Keys as in any menu: arrows,
 * Home, End, Escape; a press elsewhere closes it.
 */

/**
 * Return where the focus goes for a key, or null when it stays.
 * @param {string} key
 * @param {number} at the place it has now; -1 for none
 * @param {number} count
 */
export function placeAfter(key, at, count) {
  /** @type {Record<string, number>} */
  const places = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? count - 1 : at - 1,
    Home: 0,
    End: count - 1,
  };
  if (count === 0 || !Object.hasOwn(places, key)) {
    return null;
  }
  return (places[key] + count) % count;
}

// The pure part above is tested where there is no page.
const Element = globalThis.HTMLElement ?? class {};

export class MenuButton extends Element {
  connectedCallback() {
    for (const type of ["click", "keydown", "focusout"]) {
      this.addEventListener(type, this);
    }
  }

  get #button() {
    return /** @type {HTMLButtonElement} */ (this.querySelector("[aria-haspopup]"));
  }

  get #menu() {
    return /** @type {HTMLElement} */ (this.querySelector("[role=menu]"));
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([
      ...this.#menu.querySelectorAll("[role=menuitem]"),
    ]);
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (event.type === "click") {
      this.#clicked(event);
    } else if (event.type === "keydown") {
      this.#pressed(/** @type {KeyboardEvent} */ (event));
    } else {
      this.#left(/** @type {FocusEvent} */ (event).relatedTarget);
    }
  }

  /** @param {EventTarget | null} element where the focus went */
  #left(element) {
    if (!this.contains(/** @type {Node | null} */ (element))) {
      this.#turn(false);
    }
  }

  /** @param {Event} event */
  #clicked(event) {
    const isButton = this.#button.contains(/** @type {Node} */ (event.target));
    this.#turn(isButton && this.#menu.hidden === true);
    if (isButton && !this.#menu.hidden) {
      this.#items[0]?.focus();
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape" && !this.#menu.hidden) {
      this.#turn(false);
      this.#button.focus();
      event.preventDefault();
      return;
    }
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const place = placeAfter(event.key, at, items.length);
    if (place !== null) {
      this.#turn(true);
      items[place].focus();
      event.preventDefault();
    }
  }

  /** @param {boolean} open */
  #turn(open) {
    this.#menu.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
  }
}
