"""Many agents, each with a console that has said hello."""

from dataclasses import dataclass

from agents.heartbeats import ConsolePage
from agents.models import Agent
from agents.sessions import Badge
from tests.cast import Cast, hire
from tests.console import session_row
from tests.windows import open_window


@dataclass
class OpenConsole:
    agent: Agent
    page: ConsolePage

    def badge(self) -> Badge:
        return Badge(session_row(self.agent), self.agent.pk)


def open_consoles(cast: Cast, how_many: int) -> list[OpenConsole]:
    return [
        open_console(hire(f"agent{number}", cast.queue)) for number in range(how_many)
    ]


def open_console(agent: Agent, console: str = "") -> OpenConsole:
    page = ConsolePage(agent.pk, console or f"page of {agent.pk}")
    open_window(agent, page.console)
    return OpenConsole(agent, page)
