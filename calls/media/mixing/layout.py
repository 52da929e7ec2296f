"""Who takes part in a call's sound, and how."""

from dataclasses import dataclass

from calls.media.sounds.player import Program


@dataclass(frozen=True, slots=True)
class Scene:
    """What a call should sound like; parties are named before or after they come.

    `speakers` and the customer hear each other, `aside` parties only one another. Who
    is not named neither hears nor speaks. The customer hears `program`, or silence,
    while no speaker is there. Raises `ValueError` for a party that is in both.
    """

    speakers: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    program: Program | None = None

    def __post_init__(self) -> None:
        """Nobody may carry to the customer what is said aside."""
        if not set(self.speakers).isdisjoint(self.aside):
            raise ValueError("A party speaks with the customer or aside, not both.")
