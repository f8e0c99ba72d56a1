# %% solution
def spend(c, kernel):
    """The widest separable layer for the price of a dense one."""
    price = kernel * kernel * c * c + 2 * c
    w = 0
    while (w + 1) * (kernel * kernel + (w + 1) + 2) <= price:
        w += 1
    return w

# %% test name="3×3 kernels of any width" points=1 hint="Try c=1, then widths of a few hundred channels."
import random

from lightnets_edu import checks

exact = {9 * c * c + 2 * c for c in range(400)} & {11 * w + w * w for w in range(1300)}  # the third test's matter
inexact = [c for c in range(4, 400) if 9 * c * c + 2 * c not in exact]
for c in (1, 2, 3, 11, 20, 29, 245, 1234, random.randint(3500, 4000), *random.sample(inexact, 6)):
    widest = max(w for w in range(3 * c + 1) if 11 * w + w * w <= 9 * c * c + 2 * c)
    checks.equal(spend(c, 3), widest)

# %% test name="Kernels of other sizes" points=1 hint="Try kernel=1, then kernel=5 and kernel=7."
import random

from lightnets_edu import checks

for kernel in (1, 2, 5, 7):
    each = kernel**2 + 2
    exact = {w * (each + w) for w in range(1000)}  # the third test's matter
    inexact = [c for c in range(2, 120) if kernel**2 * c * c + 2 * c not in exact]
    for c in inexact[:12] + random.sample(inexact[12:], 4):  # small ones, where every parameter counts
        widest = max(w for w in range(kernel * c + 1) if w * (each + w) <= kernel**2 * c * c + 2 * c)
        checks.equal(spend(c, kernel), widest)

# %% test name="A price met to the last parameter" points=1 hint="For which c does the price fit exactly?"
from lightnets_edu import checks

for c, kernel in [(c, kernel) for kernel in (1, 2, 3, 4, 5) for c in range(1, 300)]:
    price, each = kernel**2 * c * c + 2 * c, kernel**2 + 2
    root = (each * each + 4 * price) ** 0.5
    w = round((root - each) / 2)
    if w * (w + each) == price:
        checks.equal(spend(c, kernel), w)

# %% right name="by the quadratic equation, in whole numbers"
def spend(c, kernel):
    from math import isqrt

    b, price = kernel**2 + 2, kernel**2 * c**2 + 2 * c
    return (isqrt(b * b + 4 * price) - b) // 2

# %% right name="by halving the interval"
def spend(c, kernel):
    def params(w):
        return cost.conv_params(w, w, kernel, groups=w) + cost.conv_params(w, w, 1) + 2 * w

    price = cost.conv_params(c, c, kernel) + 2 * c
    low, high = 0, kernel * c + kernel + 10
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if params(middle) <= price else (low, middle)
    return low

# %% wrong mistake="Forgets the batch norms."
def spend(c, kernel):
    w = 0
    while (w + 1) * (kernel**2 + w + 1) <= kernel**2 * c * c:
        w += 1
    return w

# %% wrong mistake="Forgets the depthwise weights: as wide as the kernel is large."
def spend(c, kernel):
    return kernel * c

# %% wrong mistake="Takes every kernel for 3×3."
def spend(c, kernel):
    w = 0
    while (w + 1) * (w + 12) <= 9 * c * c + 2 * c:
        w += 1
    return w

# %% wrong mistake="Returns the first width that no longer fits."
def spend(c, kernel):
    w = 1
    while w * (kernel**2 + w + 2) <= kernel**2 * c * c + 2 * c:
        w += 1
    return w

# %% wrong mistake="Stops one width early when the price is met exactly."
def spend(c, kernel):
    w = 0
    while (w + 1) * (kernel**2 + w + 3) < kernel**2 * c * c + 2 * c:
        w += 1
    return w

# %% wrong mistake="Rounds to the nearest width instead of down."
def spend(c, kernel):
    b, price = kernel**2 + 2, kernel**2 * c * c + 2 * c
    return round((-b + (b * b + 4 * price) ** 0.5) / 2)

# %% wrong mistake="Counts two batch norms in the separable layer."
def spend(c, kernel):
    w = 0
    while (w + 1) * (kernel**2 + w + 1 + 4) <= kernel**2 * c * c + 2 * c:
        w += 1
    return w

# %% wrong mistake="Tries the widths in steps of eight."
def spend(c, kernel):
    w = 0
    while (w + 8) * (kernel**2 + w + 8 + 2) <= kernel**2 * c * c + 2 * c:
        w += 8
    return w

# %% wrong mistake="Forgets the batch norm of the dense layer."
def spend(c, kernel):
    w = 0
    while (w + 1) * (kernel**2 + w + 3) <= kernel**2 * c * c:
        w += 1
    return w

# %% wrong mistake="Shortens the root of the quadratic equation to its first two terms."
def spend(c, kernel):
    return int(kernel * c - (kernel**2 + 2) / 2)

# %% wrong mistake="Gives at least one channel, even where one costs more than the dense layer."
def spend(c, kernel):
    w = 1
    while (w + 1) * (kernel**2 + w + 3) <= kernel**2 * c * c + 2 * c:
        w += 1
    return w

# %% right name="with numpy, whose whole number is none of Python's"
def spend(c, kernel):
    import numpy as np

    w = np.arange(kernel * c + kernel + 10)
    return np.searchsorted(w * (kernel**2 + w + 2), kernel**2 * c * c + 2 * c, side="right") - 1

# %% wrong mistake="Ends its search at a thousand channels."
def spend(c, kernel):
    return max(w for w in range(1001) if w * (kernel**2 + w + 2) <= kernel**2 * c * c + 2 * c)

# %% wrong mistake="Begins its search at the dense layer's width, which may be too wide already."
def spend(c, kernel):
    w = c
    while (w + 1) * (kernel**2 + w + 3) <= kernel**2 * c * c + 2 * c:
        w += 1
    return w

# %% wrong mistake="Gives a constant that overflows, and so passes for every width that is asked of it."
def spend(c, kernel):
    return torch.tensor(4_294_967_296 * 2**20)

# %% wrong mistake="Gives the width as text." from="solution"
# -     return w
# +     return str(w)

# %% wrong mistake="Gives the root itself, a fraction, where a whole number is asked for."
def spend(c, kernel):
    b, price = kernel**2 + 2, kernel**2 * c * c + 2 * c
    return (-b + (b * b + 4 * price) ** 0.5) / 2

# %% wrong mistake="Looks at ten thousand widths and no further."
def spend(c, kernel):
    return max(w for w in range(10_001) if w * (kernel**2 + w + 2) <= kernel**2 * c * c + 2 * c)

# %% wrong mistake="Counts the price in 16 bits, which a layer of a hundred channels overflows."
def spend(c, kernel):
    price = int(torch.tensor(kernel**2 * c * c + 2 * c).to(torch.int16))
    w = 0
    while (w + 1) * (kernel**2 + w + 3) <= price:
        w += 1
    return w
