"""What a page must be for everyone: axe's rules, no jumping, no chatter."""

from typing import Any

from playwright.sync_api import Page

from tests.paths import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Each width and each scheme once: a look costs a second.
LOOKS = ((1280, 720, "light"), (768, 1024, "dark"))
MOST_SHIFT = 0.05
SETTLED_MS = 1500

# Collects from the start of each page on.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    const moved = sources.map(({ node }) =>
      node?.nodeType === 1 ? node.outerHTML.slice(0, 80) : String(node?.textContent));
    if (!hadRecentInput) shifts.push({ value, moved });
  }
}).observe({ type: "layout-shift", buffered: true });
window.said = [];
const LIVE = "[aria-live], [role=status], [role=alert]";
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
  for (const { target } of changes) {
    const live = (target.parentElement ?? target).closest?.(LIVE);
    if (live && live.ariaLive !== "off") said.push(live.textContent.trim());
  }
}).observe(document.body, { subtree: true, childList: true, characterData: true }));
"""
RUN = """
async (rules) => {
  const options = { runOnly: rules, preload: false, resultTypes: ["violations"] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}
"""


def script() -> str:
    """Return what a page must load before its own scripts."""
    return f"{AXE.read_text()};\n{WATCH}"


def violations(page: Page) -> list[str]:
    """Return what axe finds, in light and dark, wide and narrow."""
    usual = page.viewport_size
    found: list[str] = []
    for width, height, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(150)
        told = page.evaluate(RUN, RULES)
        found += [f"{width} {scheme} {one}" for one in told]
    page.emulate_media(color_scheme="light")
    if usual:
        page.set_viewport_size(usual)
    return found


def shifts(page: Page) -> tuple[float, list[Any]]:
    """Return how much has moved since this was asked, once all stands still."""
    page.wait_for_timeout(SETTLED_MS)
    found = page.evaluate("shifts.splice(0)")
    return sum(one["value"] for one in found), found


def forget(page: Page) -> None:
    """Leave out what a change of the window's size has moved."""
    page.wait_for_timeout(SETTLED_MS)
    page.evaluate("shifts.length = said.length = 0")
