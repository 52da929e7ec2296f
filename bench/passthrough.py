"""The relay of the product: `Hub`, `Session` and `Listener` as they are."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from calls.media.events import Flow
from calls.media.hub import Hub
from calls.media.mixing.layout import Layout
from calls.media.session import Session
from calls.media.settings import MediaSettings
from calls.media.socket.listener import Listener
from calls.media.sounds.player import Playback, Sound
from calls.media.transport.addresses import INNER

MUSIC = Path(__file__).parents[1] / "calls" / "prompts" / "music.opus"
PARTIES = {"passthrough": ("0",), "three-way": ("0", "1"), "queue": ()}


class Silent:
    """Session events, of which the bench needs only failures."""

    def media_up(self, session: Session) -> None:
        pass

    def media_quiet(self, session: Session, seconds: float) -> None:
        pass

    def media_back(self, session: Session) -> None:
        pass

    def media_lost(self, session: Session) -> None:
        pass

    def media_failed(self, session: Session, reason: str) -> None:
        print(f"{session.call_id}: {reason}", flush=True)

    def listener_joined(self, session: Session, participant: str) -> None:
        pass

    def listener_left(self, session: Session, participant: str) -> None:
        pass

    def flow_changed(self, session: Session, flow: Flow) -> None:
        pass


class PassthroughRelay:
    def __init__(self, kind: str) -> None:
        self._layout = Layout(PARTIES[kind], playback=Playback(loop=Sound.load(MUSIC)))
        self._hub = Hub(MediaSettings(max_calls=1000, allowed_networks=INNER))

    async def answer(self, call_id: str, offer: str) -> str:
        session = self._hub.open(call_id, Silent())
        session.arrange(self._layout)
        answer = await session.answer(offer)
        session.release_ice()
        return answer

    async def consumer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        session = self._hub.get(scope["url_route"]["kwargs"]["call_id"])
        if session is None:
            await receive()
            await send({"type": "websocket.close", "code": 4404})
            return
        participant = parse_qs(scope["query_string"].decode())["participant"][0]
        await Listener(session, participant).serve(receive, send)
