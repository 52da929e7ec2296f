// The navigation on a narrow screen: behind a button. Without this script it is open.

const menu = /** @type {HTMLButtonElement | null} */ (
  document.querySelector("button.menu")
);
const navigation = document.getElementById("navigation");

if (menu && navigation) {
  const show = (/** @type {boolean} */ isOpen) => {
    menu.setAttribute("aria-expanded", String(isOpen));
    navigation.classList.toggle("is-open", isOpen);
  };
  menu.hidden = false;
  document.documentElement.classList.add("has-menu");
  menu.addEventListener("click", () => show(!navigation.classList.contains("is-open")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && navigation.classList.contains("is-open")) {
      show(false);
      menu.focus();
    }
  });
}
