"""What may go wrong with a call, as exceptions that carry a sentence."""


class Refused(Exception):
    """The agent cannot have that; the text is a sentence for them."""


class Conflict(Exception):
    """A webhook that contradicts what is known; a person should look at it."""

    @property
    def problem(self) -> str:
        return str(self)
