"""What a page may not hold under its security policy; a browser would not run it."""

from html.parser import HTMLParser

DATA_BLOCKS = ("application/json", "text/template", "importmap")


class Forbidden(HTMLParser):
    """Collects inline scripts and styles, and what comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_inline = tag == "script" and "src" not in given
        if tag in ("style", "base", "object", "embed", "iframe"):
            self._note(tag)
        if is_inline and given.get("type") not in DATA_BLOCKS:
            self._note("an inline script")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self._note(f"{tag} {name}={value}")
            if value.strip().lower().startswith("javascript:"):
                self._note(f"{tag} {name}={value}")
        self._look_where_it_comes_from(tag, given)

    handle_startendtag = handle_starttag

    def _look_where_it_comes_from(self, tag: str, given: dict[str, str]) -> None:
        names = {"form": "action", "link": "href"}
        source = given.get(names.get(tag, "src"), "")
        if source.startswith(("http:", "https:", "//")):
            self._note(f"{tag} of {source}")

    def _note(self, what: str) -> None:
        self.found.append(f"line {self.getpos()[0]}: {what}")


def forbidden_in(page: str) -> list[str]:
    parser = Forbidden()
    parser.feed(page)
    parser.close()
    return parser.found
