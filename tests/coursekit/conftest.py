import pytest
from small_book import write_book


@pytest.fixture
def book(tmp_path):
    """The root of a fresh small book."""
    return write_book(tmp_path)
