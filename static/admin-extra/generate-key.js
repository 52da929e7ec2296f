/**
 * A field with data-generate gets a button that makes a random key in it, and shows it
 * once, to be copied.
 */

const BYTES = 32;

/** @param {HTMLInputElement} field */
function offer(field) {
  const { generate = "", copyLabel = "", copied = "" } = field.dataset;
  const group = document.createElement("span");
  group.className = "generated-key";
  const makes = button(generate);
  const copies = button(copyLabel);
  copies.hidden = true;
  copies.dataset.copied = copied;
  makes.addEventListener("click", () => {
    field.value = randomKey();
    field.type = "text";
    field.select();
    copies.hidden = false;
    copies.dataset.copy = field.value;
  });
  field.addEventListener("input", () => {
    copies.hidden = true;
  });
  group.append(makes, copies);
  field.after(group);
}

/** @param {string} label */
function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}

/** Return 256 random bits as letters, digits, - and _. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

for (const field of document.querySelectorAll("input[data-generate]")) {
  offer(/** @type {HTMLInputElement} */ (field));
}
