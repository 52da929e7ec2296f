from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from calls import placement


@pytest.fixture
def patient_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No console is here to say that it rings, no node to renew its lease."""
    settings.RING_CONFIRM_SECONDS = 300
    monkeypatch.setattr(placement, "LEASE", timedelta(minutes=5))
    monkeypatch.setattr(placement, "TOO_LATE", timedelta(minutes=6))
