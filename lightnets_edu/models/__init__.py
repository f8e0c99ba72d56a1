"""The networks by name: `MODELS["shufflenet_v1_1.0_g3"]()` builds one, with random weights.

Each file is read beside its paper, and loaded when it is asked for; `catalogue` lists the networks. All begin as
`layers.initialise` draws them, whatever their authors' code has: so a fresh network's scores depend on its image.

Where nothing else reads the map before an activation, it is overwritten (`torch.relu_`), which saves memory and time. A
hook that keeps the output of a layer before it has to keep a copy (`y.clone()`).
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["MODELS", "transfer"]

if TYPE_CHECKING:
    from lightnets_edu.models.catalogue import MODELS
    from lightnets_edu.models.weights import transfer
else:
    FILES = {"MODELS": "catalogue", "transfer": "weights"}

    def __getattr__(name: str) -> object:
        if name not in FILES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{FILES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
