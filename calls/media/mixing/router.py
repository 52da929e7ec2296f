"""Route packets between the participants of one call, as its layout says."""

import asyncio
from collections.abc import Callable

from calls.media.events import ListenerPort
from calls.media.mixing.conference import Conference
from calls.media.mixing.hold_audio import HoldAudio
from calls.media.mixing.layout import Layout
from calls.media.mixing.participant import Participant
from calls.media.mixing.stream import Stream
from calls.media.mixing.uplink import Uplink
from calls.media.sounds.player import Sound
from calls.media.transport.rtp import OPUS_SILENCE, Packet

CUSTOMER = "the customer"
TAKEN_OVER = 4001


class Router:
    """The participants of a call and the routes between them, anew at each change.

    One speaker and the customer, or two in a consult, hear each other's packets as they
    are. More are mixed, and only for as long as they are more. Who listens or whispers
    makes nobody more: they get the packets of all others as they are, too.
    """

    def __init__(self, uplink: Uplink) -> None:
        self.layout = Layout()
        self.direct: Participant | None = None
        """The speaker who is alone with the customer."""
        self.now = 0.0
        """The time of the last tick; near enough for what each packet needs."""
        self.participants: dict[str, Participant] = {}
        self._uplink = uplink
        self._loop = asyncio.get_running_loop()
        self._by_listener: dict[ListenerPort, Participant] = {}
        self._relays: dict[Participant, Participant] = {}
        self._conferences: dict[Participant, Conference] = {}
        self._customer_heard_by: tuple[
            Stream, ...
        ] = ()  # by those who overhear the call
        self._talk: Conference | None = None
        self._consult: Conference | None = None
        self._hold_audio = HoldAudio()
        self._make: Callable[[], bytes] = self._wait
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Count the frames that no layout lets anyone hear, or that came too fast."""
        conferences = (self._talk, self._consult)
        return self._dropped + sum(
            conference.dropped for conference in conferences if conference is not None
        )

    @property
    def is_mixing(self) -> bool:
        """Tell whether anything is decoded and encoded for this call."""
        return self._talk is not None or self._consult is not None

    def arrange(self, layout: Layout) -> None:
        """Route audio as `layout` says from now on."""
        before, self.layout = self.layout, layout
        if layout.speakers != before.speakers:
            self._hold_audio.end_grace()
        self._draw()

    def attach(self, listener: ListenerPort, name: str) -> None:
        """Let `listener` be this participant; one before it is closed with 4001."""
        participant = Participant(name, listener)
        replaced, self.participants[name] = self.participants.get(name), participant
        self._by_listener[listener] = participant
        self._draw()
        if replaced is not None and replaced.listener is not listener:
            del self._by_listener[replaced.listener]
            replaced.listener.close(TAKEN_OVER)

    def remove(self, participant: Participant, *, is_expected_back: bool) -> None:
        """Let a participant go; the playback waits a moment for a lost speaker."""
        del self.participants[participant.name], self._by_listener[participant.listener]
        was_heard = self._has_speaker()
        self._draw()
        if is_expected_back and was_heard and not self._has_speaker():
            self._hold_audio.grant_grace(self._loop.time())

    def participant_of(self, listener: ListenerPort) -> Participant | None:
        """Return whom `listener` is attached for, None if it was replaced."""
        return self._by_listener.get(listener)

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Take a frame of anybody but the one who is alone with the customer."""
        participant = self._by_listener.get(listener)
        if participant is None:
            self._dropped += 1
            return
        packet, now = Packet(0, sequence, timestamp, payload), self._loop.time()
        if (hearer := self._relays.get(participant)) is not None:
            hearer.hear(packet, now)
        elif (conference := self._conferences.get(participant)) is not None:
            conference.put(participant, sequence, payload)
        elif not participant.overheard_by:
            self._dropped += 1
        participant.pass_on(packet, now)

    def customer_spoke(self, packet: Packet) -> None:
        """Take a packet of the customer."""
        if self.direct is not None:
            self.direct.hear(packet, self.now)
        elif self._talk is not None:
            self._talk.put(CUSTOMER, packet.sequence, packet.payload)
        for stream in self._customer_heard_by:
            stream.hear(packet, self.now)

    def tick(self, now: float) -> None:
        """Make what is due by the clock; each 20 ms while the media is up."""
        self.now = now
        self._uplink.tick(now, self._make)
        if self._consult is not None:
            self._consult.tick(now)
        if self.direct is None:
            for participant in self.participants.values():
                participant.keep_awake(now)

    def announce(self, sound: Sound) -> bool:
        """Play `sound` to the customer over the playback, False if that is not on."""
        return self._hold_audio.announce(sound)

    def close(self, code: int) -> None:
        """Remove all participants with `code`."""
        leaving = list(self.participants.values())
        self.participants.clear()
        self._by_listener.clear()
        self.arrange(Layout())
        for participant in leaving:
            participant.listener.close(code)

    def _draw(self) -> None:
        """Draw the ways between those who are there."""
        self._relays.clear()
        self._conferences.clear()
        speakers = self._present(self.layout.speakers)
        consult = self._present(self.layout.consult)
        self._draw_talk(speakers)
        self._draw_consult(consult)
        self._draw_overhearing(speakers + (consult if len(consult) > 1 else []))
        for participant in self.participants.values():
            participant.turn_to(self._source_of(participant))

    def _draw_overhearing(self, heard: list[Participant]) -> None:
        """Draw the ways to those who listen and whisper: packets as they are.

        `heard`: those whom anybody hears. An agent alone on hold is nobody's to hear,
        except for whoever whispers to them.
        """
        listeners = self._present(self.layout.listeners)
        whisperers = self._present(self.layout.whisperers)
        agent = self.participants.get(self.layout.whispered_to)
        also = [agent] if agent is not None and agent not in heard else []
        wanted = dict.fromkeys(listeners, heard)
        wanted.update(dict.fromkeys(whisperers, heard + also))
        if agent is not None and whisperers:
            wanted[agent] = whisperers
        ways: dict[Participant, list[Stream]] = {}
        for hearer in self.participants.values():
            for source, stream in hearer.overhear(wanted.get(hearer, [])):
                ways.setdefault(source, []).append(stream)
        for source in self.participants.values():
            source.overheard_by = tuple(ways.get(source, ()))
        self._customer_heard_by = (*listeners, *whisperers)

    def _draw_talk(self, speakers: list[Participant]) -> None:
        direct = speakers[0] if len(speakers) == 1 else None
        self._talk = self._conference_of(
            self._talk, speakers, is_wanted=len(speakers) > 1
        )
        if self._talk is not None:
            self._talk.seat(speakers, [CUSTOMER])
        if direct is not self.direct or direct is None:
            self._uplink.forget()
        self.direct = direct
        if speakers:
            self._hold_audio.stop()
        self._hold_audio.hold(self.layout.playback)
        self._make = self._mix if self._talk is not None else self._wait

    def _draw_consult(self, consult: list[Participant]) -> None:
        self._consult = self._conference_of(
            self._consult, consult, is_wanted=len(consult) > 2
        )
        if self._consult is not None:
            self._consult.seat(consult)
        elif len(consult) == 2:
            first, second = consult
            self._relays.update({first: second, second: first})

    def _conference_of(
        self,
        conference: Conference | None,
        participants: list[Participant],
        *,
        is_wanted: bool,
    ) -> Conference | None:
        """Return the conference these are in from now on, the old one if any."""
        if not is_wanted:
            if conference is not None:
                self._dropped += conference.dropped
            return None
        conference = conference or Conference(self._loop.time())
        self._conferences.update(dict.fromkeys(participants, conference))
        return conference

    def _source_of(self, participant: Participant) -> object:
        if participant is self.direct or participant in self._customer_heard_by:
            return CUSTOMER
        return self._relays.get(participant) or self._conferences.get(participant)

    def _present(self, names: tuple[str, ...]) -> list[Participant]:
        unique = dict.fromkeys(names)
        return [self.participants[name] for name in unique if name in self.participants]

    def _has_speaker(self) -> bool:
        return self.direct is not None or self._talk is not None

    def _mix(self) -> bytes:
        assert self._talk is not None
        return self._talk.step(self.now)[CUSTOMER]

    def _wait(self) -> bytes:
        if self.direct is not None:
            return OPUS_SILENCE
        return self._hold_audio.next(self.now)
