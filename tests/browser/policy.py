"""What no page of any test may even try: what its policy forbids, and secrets in URLs.

Pages are watched where Playwright opens them, so that no test can leave its own out.
"""

import re
import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

VIOLATION = re.compile(
    r"content.security.policy|permissions.policy|trusted.?types?|mixed content"
    r"|refused to |violates ",
    re.IGNORECASE,
)
# A browser writes a line for most violations, and an event for each.
# Longer than any name in an address, and no UUID: a session's key, a token, a secret.
LONG_WORD = re.compile(r"(?<![\w-])[\w-]{30,}(?![\w-])")
A_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TELLING = re.compile(
    r"[?&#](token|key|session(id|key)?|sid|password|secret|auth\w*|csrf\w*)=",
    re.IGNORECASE,
)
LISTENER = """
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  console.error(`Content Security Policy: ${effectiveDirective} ${blockedURI}`));
"""
APIS = ("playwright.sync_api", "playwright.async_api")

_violations: list[str] = []


def hear(text: str) -> None:
    """Take a line of a browser's console."""
    if VIOLATION.search(text):
        _violations.append(text)


def ask(url: str) -> None:
    """Take an address that a page asks for, or opens a websocket to."""
    address = url.partition("://")[2].partition("/")[2]
    if url.startswith("data:") or address.startswith("simulator/"):
        return  # Wati's own names of calls are long
    words = LONG_WORD.findall(address)
    has_secret = any(not A_UUID.fullmatch(word) for word in words)
    if has_secret or TELLING.search(url):
        _violations.append(f"a secret in {url}")


def taken() -> list[str]:
    """Return what was violated, and forget it."""
    found = list(_violations)
    _violations.clear()
    return found


def watch_all() -> None:
    """Watch every page that Playwright opens from now on, if a test uses it."""
    for name in APIS:
        if api := sys.modules.get(name):
            watched = _watched_later if name == APIS[1] else _watched
            for kind, method, steps in (
                (api.BrowserType, "launch_persistent_context", _hear_context),
                (api.Browser, "new_context", _hear_context),
                (api.Browser, "new_page", _hear_both),
                (api.BrowserContext, "new_page", _hear_page),
            ):
                setattr(kind, method, watched(getattr(kind, method), steps))


# The same for both of Playwright's APIs: what is yielded is done, or awaited.
Steps = Callable[[Any], Generator[Any, Any, None]]


def _hear_context(context: Any) -> Generator[Any, Any, None]:
    context.on("console", lambda line: hear(line.text))
    context.on("request", lambda request: ask(request.url))
    yield context.add_init_script(LISTENER)


def _hear_page(page: Any) -> Generator[Any, Any, None]:
    """Take what is logged of its workers: it comes on no console of Playwright's."""
    page.on("websocket", lambda socket: ask(socket.url))
    log = yield page.context.new_cdp_session(page)
    log.on("Log.entryAdded", lambda logged: hear(logged["entry"]["text"]))
    yield log.send("Log.enable")


def _hear_both(page: Any) -> Generator[Any, Any, None]:
    yield from _hear_context(page.context)
    yield from _hear_page(page)


def _watched(make: Callable[..., Any], steps: Steps) -> Callable[..., Any]:
    def watched(*args: Any, **options: Any) -> Any:
        made = make(*args, **options)
        done, doing = None, steps(made)
        with suppress(StopIteration):
            while True:
                done = doing.send(done)
        return made

    return watched


def _watched_later(make: Callable[..., Any], steps: Steps) -> Callable[..., Any]:
    async def watched(*args: Any, **options: Any) -> Any:
        made = await make(*args, **options)
        done, doing = None, steps(made)
        with suppress(StopIteration):
            while True:
                done = await doing.send(done)
        return made

    return watched
