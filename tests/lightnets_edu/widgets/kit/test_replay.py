"""The replay is awake: whole numbers must be equal, others agree to 1e-9, shapes fit, and a function must be there."""

import pytest
from replay import Call, agrees, catches, replay

MODULE = "export const half = (n) => n / 2;\nexport const pair = (n) => ({ a: n, b: [n, n / 3] });\n"


def test_agreement(tmp_path):
    calls = [Call("half", [8], 4), Call("half", [3], 1.5 + 1e-10), Call("pair", [2], {"a": 2, "b": [2, 2 / 3]})]
    agrees(MODULE, calls, tmp_path)
    catches(MODULE, "n / 2", "n / 3", calls, tmp_path)


@pytest.mark.parametrize(
    "call",
    [
        Call("half", [8], 5), Call("half", [3], 1.5 + 1e-8), Call("pair", [2], {"a": 2}), Call("pair", [2], [2]),
        Call("pair", [2], {"a": 2, "b": [2]}), Call("gone", [2], 1), Call("half", [8], "4"), Call("half", [8], None),
    ],
)  # fmt: skip
def test_disagreement(tmp_path, call):
    assert replay(MODULE, [call], tmp_path)[:2] == (0, 1)


def test_a_mutant_that_nobody_notices_is_a_fault(tmp_path):
    with pytest.raises(AssertionError, match="was not noticed"):
        catches(MODULE, "n / 2", "n * 0.5", [Call("half", [8], 4)], tmp_path)
    with pytest.raises(AssertionError, match="stands 0 times"):
        catches(MODULE, "n / 7", "n", [Call("half", [8], 4)], tmp_path)
