/** Buttons with data-copy put that text on the clipboard. */

const SAID_FOR = 2000; // milliseconds

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const text = button.dataset.copy ?? "";
  try {
    await navigator.clipboard.writeText(text);
    say(button, button.dataset.copied);
  } catch {
    // Pages that did not come over https have no clipboard: select it instead.
    const code = button.closest("tr")?.querySelector("code");
    if (code) {
      getSelection()?.selectAllChildren(code);
    }
    say(button, button.dataset.selected);
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string | undefined} word
 */
function say(button, word = "") {
  const usual = button.dataset.usual ?? button.textContent ?? "";
  button.dataset.usual = usual;
  button.textContent = word;
  setTimeout(() => {
    button.textContent = usual;
  }, SAID_FOR);
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target instanceof HTMLButtonElement && target.dataset.copy) {
    copy(target);
  }
});
