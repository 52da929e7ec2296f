"""The audio of a prompt: in its row, or in the bucket if there is one."""

from collections.abc import Iterator

from django.db.models import Q

from agents.models import Prompt
from callcenter import files


def put(prompt: Prompt, content: bytes) -> None:
    """Let the prompt have this audio; its row is not saved. Raises files.Away."""
    if files.is_used():
        prompt.digest, prompt.sound = files.keep(content), b""
    else:
        prompt.digest, prompt.sound = "", content


def here(prompt: Prompt) -> bytes | None:
    """Return the audio without waiting for a bucket; None if it is only there."""
    return files.here(prompt.digest) if prompt.digest else bytes(prompt.sound)


def read(prompt: Prompt) -> bytes:
    """Return the audio, from wherever it is. Raises files.Away."""
    return files.bring(prompt.digest) if prompt.digest else bytes(prompt.sound)


def in_bucket() -> list[str]:
    """Return the names of all audio that is in the bucket."""
    named = Prompt.objects.exclude(digest="").order_by("digest")
    return list(named.values_list("digest", flat=True).distinct())


def move_all(*, into_bucket: bool) -> Iterator[Prompt]:
    """Move the audio of every prompt that is in the other place. Raises files.Away."""
    in_row = Q(digest="")
    elsewhere = Prompt.objects.filter(in_row if into_bucket else ~in_row)
    for prompt in elsewhere.order_by("pk"):
        digest, content = prompt.digest, read(prompt)
        moved = {"digest": "", "sound": content}
        if into_bucket:
            moved = {"digest": files.keep(content), "sound": b""}
        # Not save(): it is the same audio still, and uploaded when it was.
        same = Prompt.objects.filter(pk=prompt.pk, digest=digest)
        if same.filter(uploaded_at=prompt.uploaded_at).update(**moved):
            yield prompt
