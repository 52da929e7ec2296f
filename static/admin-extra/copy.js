/** Buttons with data-copy put that text on the clipboard. */

const SAID_FOR = 2000; // milliseconds

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const text = button.dataset.copy ?? "";
  try {
    await navigator.clipboard.writeText(text);
    say(button, "Copied");
  } catch {
    // Pages that did not come over https have no clipboard: select it instead.
    const code = button.closest("tr")?.querySelector("code");
    if (code) {
      getSelection()?.selectAllChildren(code);
    }
    say(button, "Selected");
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} word
 */
function say(button, word) {
  button.textContent = word;
  setTimeout(() => {
    button.textContent = "Copy";
  }, SAID_FOR);
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target instanceof HTMLButtonElement && target.dataset.copy) {
    copy(target);
  }
});
