/** Keeps the figures of the home page fresh while somebody looks at them. */

const EVERY = 10_000; // milliseconds

async function refresh() {
  if (document.hidden) {
    return;
  }
  const response = await fetch(location.href, { redirect: "error" });
  if (!response.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of ["setup", "overview"]) {
    const fresh = page.getElementById(part);
    const shown = document.getElementById(part);
    // Whoever tabs through the tiles keeps their place.
    if (fresh && shown && !shown.contains(document.activeElement)) {
      shown.replaceWith(fresh);
    }
  }
}

function refreshQuietly() {
  refresh().catch(() => {
    // The next one may succeed; the page says of when its figures are.
  });
}

setInterval(refreshQuietly, EVERY);
document.addEventListener("visibilitychange", refreshQuietly);
