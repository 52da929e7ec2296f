/** Who chooses another language gets the page in it at once. */
for (const select of document.querySelectorAll("select[name=language]")) {
  select.addEventListener("change", () =>
    /** @type {HTMLSelectElement} */ (select).form?.requestSubmit(),
  );
}
