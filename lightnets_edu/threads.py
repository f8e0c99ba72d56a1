"""One thread for what gains nothing from more: small layers, which would spend their time waiting for each other."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes with one thread inside, and with the caller's number afterwards, after an error too.

    With one thread sums are taken in the same order on every machine with the same processor and PyTorch: what is
    trained inside has the same digits, whatever the number of cores.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
