"""The book that these tests look at: this working tree, less what its reader did in notebooks/."""

import pytest
from checkout import published


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    return published(tmp_path_factory.mktemp("with the teacher's half") / "book")
