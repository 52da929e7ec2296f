/**
 * Names for what Django's own pages leave without one, so that it can be read aloud: a
 * field in a table is named by its column, and a field that is searched in by its button.
 */

const FIELDS = "input:not([type=hidden]), select, textarea";

/** @param {ParentNode} root */
function nameAll(root) {
  for (const field of root.querySelectorAll(`#content td :is(${FIELDS})`)) {
    nameByColumn(/** @type {HTMLInputElement} */ (field));
  }
  for (const box of root.querySelectorAll(".select2-selection")) {
    nameBox(box);
  }
  for (const corner of root.querySelectorAll("thead th.original")) {
    corner.setAttribute("role", "presentation"); // no column: rows begin there
  }
  for (const icon of root.querySelectorAll(".help-tooltip[aria-label]")) {
    icon.setAttribute("role", "img");
  }
  const search = root.querySelector("#searchbar");
  const button = root.querySelector("#changelist-search [type=submit]");
  const name = /** @type {HTMLInputElement | null} */ (button)?.value;
  if (search !== null && name) {
    search.setAttribute("aria-label", name);
  }
}

/** @param {HTMLInputElement} field */
function nameByColumn(field) {
  const isNamed = field.labels !== null && field.labels.length > 0;
  const name = isNamed ? "" : columnOf(field);
  if (name !== "" && !field.hasAttribute("aria-label")) {
    field.setAttribute("aria-label", name);
  }
}

/** @param {Element} field */
function columnOf(field) {
  const cell = field.closest("td");
  const heads = field.closest("table")?.querySelector("thead tr:last-child")?.children;
  return heads?.[cell?.cellIndex ?? -1]?.textContent?.trim() ?? "";
}

/**
 * A box to choose from among many: it stands for a select that has a name.
 * @param {Element} box
 */
function nameBox(box) {
  const select = box.closest(".related-widget-wrapper, td, .form-row");
  const name = select?.querySelector("select")?.getAttribute("aria-label");
  for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) {
    if (name) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }
}

// Django's own scripts make their boxes when the page is loaded.
addEventListener("load", () => nameAll(document));
document.addEventListener("formset:added", () => setTimeout(() => nameAll(document)));
