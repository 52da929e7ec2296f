/** Reload the page in another language as soon as it is chosen. */
for (const select of document.querySelectorAll("select[name=language]")) {
  select.addEventListener("change", () =>
    /** @type {HTMLSelectElement} */ (select).form?.requestSubmit(),
  );
}
