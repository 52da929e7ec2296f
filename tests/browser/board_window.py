"""Sofia's window with the live board."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.windows import PATIENCE_SECONDS, Window
from tests.cast import PASSWORD

PATIENCE = PATIENCE_SECONDS * 1000
# Its websockets can be cut, and none comes up while it is away.
LINES = """
window.lines = [];
const Line = WebSocket;
window.WebSocket = class extends Line {
  constructor(address) {
    super(window.isAway ? "ws://127.0.0.1:9/" : address);
    window.lines.push(this);
  }
};
"""


class BoardWindow(Window):
    """Sofia's window with the live board."""

    def sign_in(self, url: str) -> "BoardWindow":
        self.url = url
        self.page.goto(f"{url}/admin/board/")
        self.page.get_by_label("Username").fill("supervisor")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        expect(self.page).not_to_have_url(re.compile("login|sign-in"), timeout=PATIENCE)
        self.page.goto(f"{url}/admin/board/")
        return self.is_live()

    def is_live(self) -> "BoardWindow":
        status = self.page.get_by_text("Live", exact=True)
        expect(status).to_be_visible(timeout=PATIENCE)
        return self

    def row(self, table: str, name: str) -> Locator:
        rows = self.page.get_by_role("table", name=table).get_by_role("row")
        header = self.page.get_by_role("rowheader", name=name)
        return rows.filter(has=header)

    def says(self, table: str, name: str, text: str) -> None:
        expect(self.row(table, name)).to_contain_text(text, timeout=PATIENCE)

    def count(self, table: str, rows: int) -> None:
        found = self.page.get_by_role("table", name=table).locator("tbody tr")
        expect(found).to_have_count(rows, timeout=PATIENCE)

    def gauge(self, name: str) -> Locator:
        return self.page.locator(".gauge").filter(has_text=name)

    def gauge_says(self, name: str, text: str) -> None:
        value = self.gauge(name).locator(".value")
        expect(value).to_have_text(text, timeout=PATIENCE)

    def region(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)
