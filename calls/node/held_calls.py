"""The calls that this node holds: their rows, their sessions, and their end."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import DatabaseError

from callcenter.database import in_database
from callcenter.wati.client import new_http
from calls import locking, placement
from calls.lifecycle import ending, reconnect
from calls.media.hub import Hub
from calls.media.session import Session
from calls.media.settings import MediaSettings
from calls.models import Call, CallQuerySet, Node
from calls.node.owned_tasks import OwnedTasks
from calls.reporting.bundle import AUDIO_FIGURES
from calls.signaling import deliveries
from calls.states import ON_NODE, Event, Status

logger = logging.getLogger(__name__)

R = TypeVar("R")

DATABASE_PAUSE = 2.0  # seconds

CALL_RELATED = (
    "agent__user",
    "account",
    "queue__greeting",
    "queue__music",
    "line__closed_prompt",
)
# Read once by calls.node.prompts, not with each look at a call.
TOO_LARGE = (
    "queue__greeting__sound",
    "queue__music__sound",
    "line__closed_prompt__sound",
)


def media_settings() -> MediaSettings:
    return MediaSettings(
        max_calls=settings.NODE_MAX_CALLS,
        allowed_networks=settings.MEDIA_ALLOWED_NETWORKS,
        bind_addresses=tuple(settings.MEDIA_BIND_ADDRESSES),
    )


class HeldCalls:
    """The node's calls, shared by its parts."""

    def __init__(self) -> None:
        self.hub = Hub(media_settings())
        self.node: Node | None = None
        self.tasks = OwnedTasks()
        self.answered: set[str] = set()  # outbound calls whose SDP answer is applied
        self.versions: dict[str, int] = {}  # of the rows that the audio follows
        self._http: httpx2.AsyncClient | None = None

    @property
    def http(self) -> httpx2.AsyncClient:
        if self._http is None:
            self._http = new_http()
        return self._http

    # --- Rows ---

    async def find(self, call_id: UUID) -> Call | None:
        """Return the call if this node holds it, else None."""
        return await in_database(self._find, call_id)

    def _find(self, call_id: UUID) -> Call | None:
        return self._rows().filter(pk=call_id).first()

    async def to_adopt(self) -> list[Call]:
        """Return auto-answered calls of this node that have no session yet."""
        return await in_database(self._to_adopt)

    def _to_adopt(self) -> list[Call]:
        waiting_here = self._rows().filter(status=Status.WAITING)
        return [call for call in waiting_here if self.hub.get(str(call.pk)) is None]

    def _rows(self) -> CallQuerySet:
        node = self.node
        if node is None:
            return Call.objects.none()
        calls = Call.objects.filter(node=node.name, node_epoch=node.epoch)
        with_names = calls.select_related(*CALL_RELATED).defer(*TOO_LARGE)
        return with_names.filter(status__in=ON_NODE)

    async def write(
        self, work: Callable[..., R], call_id: UUID, /, *rest: Any, **named: Any
    ) -> R:
        """Have `work(call_id, …)` change the rows of a call, if it is still ours.

        The only way in which a node writes about its calls. Raises LeaseLost if another
        process has the call or the node's name, or if we were taken for dead.
        """
        return await in_database(self._write, work, call_id, *rest, **named)

    def _write(
        self, work: Callable[..., R], call_id: UUID, /, *rest: Any, **named: Any
    ) -> R:
        with locking.dispatch_lock():
            placement.check_fence(self.node, call_id)
            return work(call_id, *rest, **named)

    # --- The end ---

    async def has_news(self, session: Session) -> bool:
        """Say whether a webhook about this call is stored and has had no effect yet."""
        try:
            return await in_database(deliveries.has_news, UUID(session.call_id))
        except DatabaseError:  # the end waits for the database anyway
            return False

    async def end(
        self, session: Session, event: Event, text: str = "", code: int | None = None
    ) -> None:
        """End the row and the audio; while the database is away, wait for it."""
        call_id = UUID(session.call_id)
        while True:
            try:
                await self.write(ending.end, call_id, event, text=text, error_code=code)
                break
            except placement.LeaseLost:  # whoever took it has ended it, or goes on
                break
            except DatabaseError:
                logger.exception("call %s: its end cannot be written yet", call_id)
                await asyncio.sleep(DATABASE_PAUSE)
        await self.drop(session)

    async def drop(self, session: Session) -> None:
        """End the audio of a call whose row is over, or with another node."""
        self.answered.discard(session.call_id)
        self.versions.pop(session.call_id, None)
        is_first = session.close_reason is None
        await session.close("the call is over")
        seconds = session.counters.one_way_seconds
        if is_first and session.counters.media_up_at is not None:
            await self._keep_figures(session)
        if is_first and seconds >= 1:
            with suppress(placement.LeaseLost):
                await self.write(
                    reconnect.note_one_way_audio, UUID(session.call_id), seconds
                )

    async def _keep_figures(self, session: Session) -> None:
        """Write down the audio in numbers; they are not worth waiting for."""
        told = asdict(session.counters)
        figures = {name: round(told[name], 3) for name in AUDIO_FIGURES}
        call_id = UUID(session.call_id)
        try:
            with suppress(placement.LeaseLost):
                await self.write(reconnect.note_audio_figures, call_id, figures)
        except DatabaseError as error:
            name = type(error).__name__
            logger.warning("call %s: no figures of audio (%s)", call_id, name)

    async def close(self) -> None:
        """End every call of this node; the process stops."""
        for session in self.hub.sessions():
            await self.end(session, Event.NODE_LOST, "The server was stopped.")
        await self.hub.close()
        await self.tasks.close()
        if self._http is not None:
            await self._http.aclose()
            self._http = None
