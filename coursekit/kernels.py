"""Kernels of this very interpreter, with one thread each and no open port."""

import os
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from . import watch

ENVIRONMENT = {  # kernels run side by side and give the same bytes every time
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
}


def kernel_manager(sockets: Path, shut: Path | None = None) -> AsyncKernelManager:
    """Not the machine's `python3` kernel, which may be another Python. `sockets` is a short path of its own.

    With `shut` the kernel is under watch: it notes what it reads, and opens nothing in that folder.
    """
    manager = AsyncKernelManager(transport="ipc", ip=str(sockets / "ipc"))
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    if shut:
        argv[1:3] = watched(shut, "ipykernel.kernelapp:launch_new_instance")
    manager._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
    return manager


def watched(shut: Path, function: str) -> list[str]:
    """Python's arguments that run a function (`module:name`) under watch."""
    return ["-P", watch.__file__, str(shut), function]


def environment(root: Path, home: Path) -> dict[str, str]:
    """The kernel's environment: the book's own packages first, no start-up files of the user."""
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **ENVIRONMENT, "IPYTHONDIR": str(home / ".ipython"), "PYTHONPATH": path}
