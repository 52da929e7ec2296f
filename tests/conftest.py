import pytest

from tests.cast import Cast, introduce


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Ana and Bruno on the Support queue, with a line at the false Wati."""
    return introduce()
