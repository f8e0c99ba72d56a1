"""The process that answers are forked from: where the kernel closes less than was asked, nothing of an answer is run."""

import subprocess
import sys

import pytest

from coursekit.grading.sandbox import CODE

ASK = "import sys; sys.path.insert(0, {!r}); import zygote; zygote.libc = {}; {}; print('open')"
REFUSING = "type('Kernel', (), {'__getattr__': lambda self, name: lambda *rest: int(name == %r)})()"


@pytest.mark.parametrize(("refused", "step", "what"), [
    ("unshare", "zygote.namespaces()", "namespaces"), ("mount", "zygote.confine({})", "/scratch"),
])  # fmt: skip
def test_a_sandbox_that_the_kernel_does_not_close_is_not_used(refused, step, what):
    command = [sys.executable, "-c", ASK.format(str(CODE), REFUSING % refused, step)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode and "open" not in run.stdout
    assert run.stderr.rstrip().endswith(f"the sandbox could not be closed: {what}")
