"""One thread inside, the caller's outside, whatever happens."""

import pytest
import torch

from lightnets_edu.threads import one_thread


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_one_inside_and_the_callers_afterwards(two_threads):
    with one_thread():
        assert torch.get_num_threads() == 1
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_after_an_error_too(two_threads):
    with pytest.raises(RuntimeError, match="mine"), one_thread():
        raise RuntimeError("mine")
    assert torch.get_num_threads() == 2
