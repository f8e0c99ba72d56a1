"""The images that the book trains on: scikit-learn's handwritten digits, real scans that come with the package.

1,797 grey scans of 8 × 8 pixels, ten classes, from the UCI repository (Alpaydin and Kaynak, 1998). Made larger they
look like small photographs to a network, but they hold no more detail than 8 × 8 pixels can. Both halves of the split
have digits of the same writers, so accuracies here say little about a writer whom the network has not seen.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SCAN = 8          # side of the original scans, in pixels
TEST_SHARE = 0.3  # of every class
SEED = 0          # of the split: everyone has the same one


@dataclass(frozen=True, eq=False)
class Images:
    """Images with their classes. `x`: float32 (N, channels, H, W); `y`: int64 (N,), counted from 0.

    ValueError where the two do not belong together.
    """

    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        for name, value, dtype in [("x", self.x, torch.float32), ("y", self.y, torch.int64)]:
            if not isinstance(value, Tensor) or value.dtype != dtype:
                got = value.dtype if isinstance(value, Tensor) else type(value).__name__
                raise ValueError(f"{name} must be a tensor of type {dtype}, got {got}")
        if self.x.ndim != 4:
            raise ValueError(f"x must have shape (N, channels, H, W), got {tuple(self.x.shape)}")
        if self.y.shape != self.x.shape[:1]:
            raise ValueError(f"{len(self.x)} images need classes of shape ({len(self.x)},), got {tuple(self.y.shape)}")

    def __len__(self) -> int:
        return len(self.y)

    def take(self, per_class: int) -> "Images":
        """The first `per_class` images of every class, in their order: a smaller set, the same for everyone."""
        counts = {int(label): int((self.y == label).sum()) for label in self.y.unique()}
        least = min(counts.values(), default=0)
        if not isinstance(per_class, int) or not 1 <= per_class <= least:
            raise ValueError(f"per_class must be from 1 to {least}, the smallest class, got {per_class!r}")
        chosen = torch.cat([(self.y == label).nonzero().flatten()[:per_class] for label in counts]).sort().values
        return Images(self.x[chosen], self.y[chosen])


def digits(size: int = 32) -> tuple[Images, Images]:
    """Handwritten digits for training and for testing, `x` of shape (N, 1, size, size), `y` from 0 to 9.

    Scans are resized bilinearly to size × size pixels, then shifted and scaled so that the training pixels have mean 0
    and standard deviation 1. The split is fixed and stratified: 30 % of every class are for testing, and the training
    images are in a mixed order. ValueError unless `size` is at least 8; ImportError without scikit-learn.
    """
    if not isinstance(size, int) or size < SCAN:
        raise ValueError(f"size must be a whole number of at least {SCAN} pixels, the scans' own size; got {size!r}")
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits come with scikit-learn: pip install scikit-learn") from error
    scans, labels = load_digits(return_X_y=True)
    y = torch.as_tensor(labels, dtype=torch.int64)
    x = torch.as_tensor(scans, dtype=torch.float32).reshape(-1, 1, SCAN, SCAN)
    x = nn.functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
    train, test = _split(y)
    x = (x - x[train].mean()) / x[train].std()
    return Images(x[train], y[train]), Images(x[test], y[test])


def _split(y: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the training and of the test images: TEST_SHARE of every class, drawn with a generator of its own."""
    generator = torch.Generator().manual_seed(SEED)
    mixed = torch.randperm(len(y), generator=generator)
    test = torch.zeros(len(y), dtype=torch.bool)
    for label in y.unique():
        members = mixed[y[mixed] == label]
        test[members[: round(TEST_SHARE * len(members))]] = True
    return mixed[~test[mixed]], mixed[test[mixed]]
