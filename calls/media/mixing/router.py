"""Who hears whom on one call."""

import asyncio
from collections.abc import Callable

from calls.media.events import ListenerPort
from calls.media.mixing.conference import Room
from calls.media.mixing.hold_audio import Waiting
from calls.media.mixing.layout import Scene
from calls.media.mixing.participant import Party
from calls.media.mixing.uplink import Uplink
from calls.media.sounds.player import Sound
from calls.media.transport.rtp import OPUS_SILENCE, Packet

CUSTOMER = "the customer"
TAKEN_OVER = 4001


class Floor:
    """The parties of a call and the ways between them, drawn anew at each change.

    One speaker and the customer, or two parties aside, hear each other's packets as
    they are. More are mixed, and only for as long as they are more.
    """

    def __init__(self, uplink: Uplink) -> None:
        self.scene = Scene()
        self.direct: Party | None = None
        """The speaker who is alone with the customer."""
        self.now = 0.0
        """The time of the last tick; near enough for what each packet needs."""
        self.parties: dict[str, Party] = {}
        self._uplink = uplink
        self._loop = asyncio.get_running_loop()
        self._by_listener: dict[ListenerPort, Party] = {}
        self._relays: dict[Party, Party] = {}
        self._rooms: dict[Party, Room] = {}
        self._talk: Room | None = None
        self._aside: Room | None = None
        self._waiting = Waiting()
        self._make: Callable[[], bytes] = self._wait
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Frames of parties that nobody was to hear, or that came too fast to be."""
        rooms = (self._talk, self._aside)
        return self._dropped + sum(room.dropped for room in rooms if room is not None)

    @property
    def is_mixing(self) -> bool:
        """Tell whether anything is decoded and encoded for this call."""
        return self._talk is not None or self._aside is not None

    def arrange(self, scene: Scene) -> None:
        """Let everybody hear what `scene` says from now on."""
        before, self.scene = self.scene, scene
        if scene.speakers != before.speakers:
            self._waiting.end_grace()
        self._draw()

    def attach(self, listener: ListenerPort, name: str) -> None:
        """Let `listener` be this party; one before it is closed with 4001."""
        party = Party(name, listener)
        replaced, self.parties[name] = self.parties.get(name), party
        self._by_listener[listener] = party
        self._draw()
        if replaced is not None and replaced.listener is not listener:
            del self._by_listener[replaced.listener]
            replaced.listener.close(TAKEN_OVER)

    def remove(self, party: Party, *, is_expected_back: bool) -> None:
        """Let a party go; the program waits a moment for a speaker who was lost."""
        del self.parties[party.name], self._by_listener[party.listener]
        was_heard = self._has_speaker()
        self._draw()
        if is_expected_back and was_heard and not self._has_speaker():
            self._waiting.grant_grace(self._loop.time())

    def party_of(self, listener: ListenerPort) -> Party | None:
        """Return whom `listener` is attached for, None if it was replaced."""
        return self._by_listener.get(listener)

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Take a frame of anybody but the one who is alone with the customer."""
        party = self._by_listener.get(listener)
        if party is not None and (hearer := self._relays.get(party)) is not None:
            packet = Packet(0, sequence, timestamp, payload)
            hearer.hear(packet, self._loop.time())
        elif party is not None and (room := self._rooms.get(party)) is not None:
            room.put(party, sequence, payload)
        else:
            self._dropped += 1

    def customer_spoke(self, packet: Packet) -> None:
        """Take a packet of the customer."""
        if self.direct is not None:
            self.direct.hear(packet, self.now)
        elif self._talk is not None:
            self._talk.put(CUSTOMER, packet.sequence, packet.payload)

    def tick(self, now: float) -> None:
        """Make what is due by the clock; each 20 ms while the media is up."""
        self.now = now
        self._uplink.tick(now, self._make)
        if self._aside is not None:
            self._aside.tick(now)
        if self.direct is None:
            for party in self.parties.values():
                party.keep_awake(now)

    def announce(self, sound: Sound) -> bool:
        """Play `sound` to the customer over the program, False if that is not on."""
        return self._waiting.announce(sound)

    def close(self, code: int) -> None:
        """Let everybody go with `code`."""
        leaving = list(self.parties.values())
        self.parties.clear()
        self._by_listener.clear()
        self.arrange(Scene())
        for party in leaving:
            party.listener.close(code)

    def _draw(self) -> None:
        """Draw the ways between those who are there."""
        self._relays.clear()
        self._rooms.clear()
        self._draw_talk(self._present(self.scene.speakers))
        self._draw_aside(self._present(self.scene.aside))
        for party in self.parties.values():
            party.turn_to(self._source_of(party))

    def _draw_talk(self, speakers: list[Party]) -> None:
        direct = speakers[0] if len(speakers) == 1 else None
        self._talk = self._room(self._talk, speakers, is_wanted=len(speakers) > 1)
        if self._talk is not None:
            self._talk.seat(speakers, [CUSTOMER])
        if direct is not self.direct or direct is None:
            self._uplink.forget()
        self.direct = direct
        if speakers:
            self._waiting.stop()
        self._waiting.hold(self.scene.program)
        self._make = self._mix if self._talk is not None else self._wait

    def _draw_aside(self, aside: list[Party]) -> None:
        self._aside = self._room(self._aside, aside, is_wanted=len(aside) > 2)
        if self._aside is not None:
            self._aside.seat(aside)
        elif len(aside) == 2:
            first, second = aside
            self._relays.update({first: second, second: first})

    def _room(
        self, room: Room | None, parties: list[Party], *, is_wanted: bool
    ) -> Room | None:
        """Return the room these parties are in from now on, the old one if any."""
        if not is_wanted:
            if room is not None:
                self._dropped += room.dropped
            return None
        room = room or Room(self._loop.time())
        self._rooms.update(dict.fromkeys(parties, room))
        return room

    def _source_of(self, party: Party) -> object:
        if party is self.direct:
            return CUSTOMER
        return self._relays.get(party) or self._rooms.get(party)

    def _present(self, names: tuple[str, ...]) -> list[Party]:
        unique = dict.fromkeys(names)
        return [self.parties[name] for name in unique if name in self.parties]

    def _has_speaker(self) -> bool:
        return self.direct is not None or self._talk is not None

    def _mix(self) -> bytes:
        assert self._talk is not None
        return self._talk.step(self.now)[CUSTOMER]

    def _wait(self) -> bytes:
        if self.direct is not None:
            return OPUS_SILENCE
        return self._waiting.next(self.now)
