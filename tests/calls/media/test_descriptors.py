"""Calls are refused while there are still files for everything else."""

import resource
from collections.abc import Iterator

import pytest

from calls.media import descriptors
from calls.media.hub import Full, Hub
from calls.media.settings import MediaSettings


@pytest.fixture
def few_files() -> Iterator[None]:
    """The real limit of this process, a little above what is open now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = soft - descriptors.free()
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + descriptors.RESERVE, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_files")
def test_a_call_is_refused_before_files_run_out():
    hub = Hub(MediaSettings())
    assert not hub.has_room()
    with pytest.raises(Full, match="open files"):
        hub.open("call", None)  # type: ignore[arg-type]
    assert len(hub) == 0
    with open("/dev/null"):  # there are files for everything else
        assert descriptors.free() > 0


def test_usually_there_are_enough():
    assert Hub(MediaSettings()).has_room()
