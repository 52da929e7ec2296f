"""A browser's translator works on the console, and every state still reads right."""

import pytest
from playwright.sync_api import expect

from agents.models import Queue
from tests.browser.conftest import Scene
from tests.browser.windows import ConsoleWindow, PhoneWindow

pytestmark = [pytest.mark.browser, pytest.mark.long]

# As Google Translate does: each text becomes an element in its place, also each text
# that comes later, unless the page says that it must not be translated. Here it stays
# in English, so that the buttons keep their names.
TRANSLATOR = """
addEventListener("DOMContentLoaded", () => {
  const LEFT_ALONE = "[translate=no], script, style, textarea, font";
  window.translated = 0;
  const translate = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      if (!text.data.trim() || !text.parentElement?.isConnected) continue;
      if (text.parentElement.closest(LEFT_ALONE)) continue;
      const outer = document.createElement("font");
      const inner = document.createElement("font");
      inner.textContent = text.data;
      outer.append(inner);
      text.replaceWith(outer);
      translated += 1;
    }
  };
  const observer = new MutationObserver(() => translate(document.body));
  translate(document.body);
  const all = { childList: true, subtree: true, characterData: true };
  observer.observe(document.body, all);
});
"""


def test_states_and_buttons_change_under_a_translator(
    scene: Scene, carla: PhoneWindow
) -> None:
    Queue.objects.update(wrap_up_seconds=300, rewind=True)
    ana = scene.console("ana", init_script=TRANSLATOR)
    assert ana.ask("translated") > 10
    ana.shows("Ready for calls")

    carla.call()
    ana.reads("Ringing")
    ana.is_agent("Ringing")
    ana.shows("Carla")
    ana.press("Answer")
    ana.reads("In call")
    time_runs(ana)
    ana.press("Mute")
    ana.offers("Unmute")
    ana.offers("Mute", is_there=False)
    ana.shows("You are muted. Carla cannot hear you.")
    ana.press("Unmute")
    ana.offers("Mute")
    expect(ana.page.get_by_text("You are muted.")).to_have_count(0)

    ana.press("Hold")
    ana.reads("On hold")
    ana.shows("Carla hears music.")
    ana.press("Resume")
    ana.reads("In call")
    ana.offers("Hold")
    expect(ana.page.get_by_text("Carla hears music.")).to_have_count(0)
    ana.press("Rewind")
    ana.press("Back to live")
    ana.offers("Rewind")

    carla.press("Hang up")
    ana.reads("Wrap-up")
    ana.is_agent("Wrap-up")
    ana.shows("Next: available")
    ana.press("Finish wrap-up")
    ana.reads("Idle")
    ana.is_agent("Available")
    ana.press("Go offline")
    ana.shows("No calls ring here")
    expect(ana.page.get_by_text("Ready for calls")).to_have_count(0)


def time_runs(ana: ConsoleWindow) -> None:
    timer = ana.page.locator(".big-timer [role=timer]")
    first = timer.inner_text()
    ana.until(lambda: timer.inner_text() > first, "the time of the call runs")
