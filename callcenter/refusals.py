"""A no to a person, wherever it is decided."""


class Refused(Exception):
    """The person cannot have that; the text is a sentence for them."""
