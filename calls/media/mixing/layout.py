"""The layout of a call's audio: who takes part, and who hears whom."""

from dataclasses import dataclass

from calls.media.sounds.player import Playback


@dataclass(frozen=True, slots=True)
class Layout:
    """The routes of audio; participants are named before or after they come.

    `speakers` and the customer hear each other; those in `consult` hear only one
    another. A participant who is not named neither hears nor speaks. The customer hears
    `playback`, or silence, while no speaker is there. Raises `ValueError` for a
    participant that is in both.
    """

    speakers: tuple[str, ...] = ()
    consult: tuple[str, ...] = ()
    playback: Playback | None = None

    def __post_init__(self) -> None:
        """Refuse a layout that carries a consult to the customer."""
        if not set(self.speakers).isdisjoint(self.consult):
            raise ValueError(
                "A participant speaks with the customer or in a consult, not both."
            )
