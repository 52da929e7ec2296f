"""The layout of a call's audio: who takes part, and who hears whom."""

from dataclasses import dataclass

from calls.media.sounds.player import Playback


@dataclass(frozen=True, slots=True)
class Layout:
    """The routes of audio; participants are named before or after they come.

    `speakers` and the customer hear each other; those in `consult` hear only one
    another. A participant who is not named neither hears nor speaks. The customer hears
    `playback`, or silence, while no speaker is there.

    `listeners` hear the customer and everybody whom anybody hears, each as a stream of
    its own; nobody hears them. `whisperers` hear the same, and `whispered_to` alone
    hears them and is heard by them, also on hold. Raises `ValueError` for a
    participant in two of these places.
    """

    speakers: tuple[str, ...] = ()
    consult: tuple[str, ...] = ()
    playback: Playback | None = None
    listeners: tuple[str, ...] = ()
    whisperers: tuple[str, ...] = ()
    whispered_to: str = ""

    @property
    def names(self) -> set[str]:
        """Return all who have a place."""
        places = (self.speakers, self.consult, self.listeners, self.whisperers)
        return {name for place in places for name in place}

    def __post_init__(self) -> None:
        """Refuse a layout that carries a consult or a whisper to the customer."""
        places = (self.speakers, self.consult, self.listeners, self.whisperers)
        if len(self.names) < sum(len(set(place)) for place in places):
            raise ValueError("A participant has one place in a call.")
