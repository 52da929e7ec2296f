"""Files in a bucket (S3 protocol), named by their content, with copies on this disk.

Only keep() and bring() wait for the bucket, and not for long. A copy is never out of
date, because a name is the hash of what it names; the bucket may be away for days.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from callcenter.whole_files import whole

if TYPE_CHECKING:
    from obstore.store import S3Store

logger = logging.getLogger(__name__)

LONGEST_WAIT = 5  # seconds, for a request; it is repeated once if there is time
FOLDER = "prompts"


class Away(Exception):
    """The bucket does not have the file, refuses it, or cannot be reached."""


def is_used() -> bool:
    return bool(settings.FILES_BUCKET)


def keep(content: bytes) -> str:
    """Store a file in the bucket and return its name. Raises Away."""
    name = sha256(content).hexdigest()
    with _asking("store", name) as bucket:
        bucket.put(f"{FOLDER}/{name}", content)
    _copy(name, content)
    return name


def here(name: str) -> bytes | None:
    """Return the copy on this disk, without asking anybody."""
    try:
        content = _path(name).read_bytes()
    except OSError:
        return None
    # A disk that was full or torn off may have left half of it.
    return content if sha256(content).hexdigest() == name else None


def bring(name: str) -> bytes:
    """Return a file: its copy, or what the bucket has. Raises Away."""
    if content := here(name):
        return content
    with _asking("fetch", name) as bucket:
        content = bytes(bucket.get(f"{FOLDER}/{name}").bytes())
    if sha256(content).hexdigest() != name:
        logger.error("file %s of the bucket is damaged", name)
        raise Away
    _copy(name, content)
    return content


def bring_all(names: Iterable[str]) -> None:
    """Have a copy of each of these, as far as they can be fetched."""
    for name in names:
        try:
            bring(name)
        except Away:
            continue


@contextmanager
def _asking(verb: str, name: str) -> Iterator["S3Store"]:
    from obstore.exceptions import BaseError

    try:
        yield _bucket(
            settings.FILES_BUCKET,
            settings.FILES_ENDPOINT,
            settings.FILES_REGION,
            settings.FILES_KEY_ID,
            settings.FILES_SECRET_KEY,
        )
    except (BaseError, OSError) as error:
        # Not its text: that has addresses, and headers with signatures.
        kind = type(error).__name__
        logger.warning("could not %s file %s (%s)", verb, name, kind)
        raise Away from None


@lru_cache(maxsize=4)
def _bucket(
    bucket: str, endpoint: str, region: str, key: str, secret: str
) -> "S3Store":
    from obstore.store import S3Store

    return S3Store(
        bucket,
        endpoint=endpoint or f"https://s3.{region}.amazonaws.com",
        region=region,
        access_key_id=key,
        secret_access_key=secret,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": f"{LONGEST_WAIT}s",
            "timeout": f"{LONGEST_WAIT}s",
        },
        retry_config={
            "max_retries": 1,
            "retry_timeout": timedelta(seconds=LONGEST_WAIT),
        },
    )


def _path(name: str) -> Path:
    return Path(settings.VAR_DIR) / "files" / name


def _copy(name: str, content: bytes) -> None:
    """Keep a copy; a full disk costs the copy alone."""
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            part.write_bytes(content)
    except OSError as error:
        logger.warning("no copy of file %s (%s)", name, type(error).__name__)
