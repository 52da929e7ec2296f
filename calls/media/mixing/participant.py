"""A participant of a call: a listener, and the streams that it gets."""

from calls.media.events import ListenerPort
from calls.media.mixing.stream import Stream
from calls.media.socket.wire import MOST_STREAMS
from calls.media.transport.rtp import Packet


class Participant(Stream):
    """A name with the listener attached for it; itself the first of its streams."""

    def __init__(self, name: str, listener: ListenerPort) -> None:
        super().__init__(listener)
        self.name = name
        self.overheard_by: tuple[Stream, ...] = ()
        """The streams that pass this participant's packets on as they are."""
        self._others: dict[Participant, Stream] = {}
        self._unused = [Stream(listener, n) for n in range(MOST_STREAMS - 1, 0, -1)]

    def overhear(
        self, sources: "list[Participant]"
    ) -> "list[tuple[Participant, Stream]]":
        """Hear exactly these besides, each as a stream of its own.

        Whoever stays keeps their stream; beyond MOST_STREAMS the last are not heard.
        """
        for gone in [one for one in self._others if one not in sources]:
            stream = self._others.pop(gone)
            stream.turn_to(None)  # what they say meanwhile is no loss
            self._unused.append(stream)
        self._unused.sort(key=lambda stream: -stream.number)
        for source in sources:
            if source not in self._others and self._unused:
                self._others[source] = self._unused.pop()
                self._others[source].turn_to(source)
        return list(self._others.items())

    def pass_on(self, packet: Packet, now: float) -> None:
        """Let those who overhear this participant hear one packet of theirs."""
        for stream in self.overheard_by:
            stream.hear(packet, now)
