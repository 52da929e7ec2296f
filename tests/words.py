"""What finds contacts and calls, beside what their rows say now."""

from calls.models import Leg, NoteWord
from permissions import folding
from permissions.models import Contact, ContactWord, words_of


def forgotten() -> list[str]:
    """Return contacts and notes that are not found by exactly what they say."""
    keys = list(Contact.objects.values_list("pk", flat=True))
    kept: dict[int, set[str]] = {key: set() for key in keys}
    for key, word in ContactWord.objects.values_list("contact_id", "word"):
        kept[key].add(word)
    wrong = [
        f"contact {key}: {sorted(kept[key] ^ words)}"
        for key, words in words_of(keys).items()
        if kept[key] != words
    ]
    for leg in Leg.objects.all():
        words = set(NoteWord.objects.filter(leg=leg).values_list("word", flat=True))
        if words != folding.words(leg.notes):
            wrong.append(f"notes {leg.pk}: {sorted(words)}")
    return wrong
