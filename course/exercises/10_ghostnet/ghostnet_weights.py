# %% [markdown]
# For colleagues: what the task is about, and which mistake each test is there for. The visible check knows kernels of
# 3 × 3 only; the second test sees the others.

# %% solution
def pair_weights(c_in, c_out, k):
    """Weights of a depthwise k × k layer and a 1×1 layer, no biases."""
    return c_in * k * k + c_in * c_out

# %% test name="Any widths" points=1 hint="Which layer works on which channels?"
import random

from lightnets_edu import checks

for _ in range(5):
    c_in, c_out = random.sample(range(2, 300), 2)
    checks.equal(pair_weights(c_in, c_out, 3), 9 * c_in + c_in * c_out)

# %% test name="Any kernel" points=1 hint="Try k = 1 and k = 5."
import random

from lightnets_edu import checks

for k in (1, 5, 7):
    c_in, c_out = random.sample(range(2, 300), 2)
    checks.equal(pair_weights(c_in, c_out, k), c_in * k**2 + c_in * c_out)

# %% right name="with the package's function"
def pair_weights(c_in, c_out, k):
    depthwise = cost.conv_params(c_in, c_in, k, groups=c_in)
    return depthwise + cost.conv_params(c_in, c_out, 1)

# %% right name="by counting real layers"
def pair_weights(c_in, c_out, k):
    depthwise = nn.Conv2d(c_in, c_in, k, groups=c_in, bias=False)
    pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
    return depthwise.weight.numel() + pointwise.weight.numel()

# %% wrong mistake="Counts the dense layer."
def pair_weights(c_in, c_out, k):
    return c_in * c_out * k * k

# %% wrong mistake="Lets the depthwise layer work on the outputs." from="solution"
# -     return c_in * k * k + c_in * c_out
# +     return c_out * k * k + c_in * c_out

# %% wrong mistake="Counts the biases." from="by counting real layers"
# -     depthwise = nn.Conv2d(c_in, c_in, k, groups=c_in, bias=False)
# +     depthwise = nn.Conv2d(c_in, c_in, k, groups=c_in)
# -     return depthwise.weight.numel() + pointwise.weight.numel()
# +     both = [*depthwise.parameters(), *pointwise.parameters()]
# +     return sum(weight.numel() for weight in both)

# %% wrong mistake="Takes the kernel's side for its area." from="solution"
# -     return c_in * k * k + c_in * c_out
# +     return c_in * k + c_in * c_out

# %% wrong mistake="Knows kernels of 3 × 3 only; passes the visible check." from="solution"
# -     return c_in * k * k + c_in * c_out
# +     return c_in * 9 + c_in * c_out
