import pytest
from toy import Toy


@pytest.fixture
def toy(tmp_path):
    """A fresh toy course, complete and right."""
    return Toy(tmp_path)
