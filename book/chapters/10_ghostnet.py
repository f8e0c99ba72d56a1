# ---
# title: "GhostNet"
# minutes: [10, 10]
# before: what a convolution, a depthwise and a pointwise (1×1) layer are.
# objectives:
#   count: compute the weights of a depthwise separable pair of layers, and check the formula against real layers
# ---

# %% card [markdown]
# # GhostNet: the idea of this chapter in half a line
#
# Open with the question that the chapter answers, in two or three short sentences. Until its own text stands here, this chapter answers a small one: how much lighter is a convolution that is split in two?

# %% [markdown] objective="count"
# ## The bottleneck: a dense layer knows everybody
#
# Begin with what the predecessor wastes, as a number. A dense 3×3 layer has a weight for every pair of an input and an output channel, at every place of its kernel.

# %%
import matplotlib.pyplot as plt
from torch import nn

from lightnets_edu import cost, show
from lightnets_edu.checks import Check

show.vector_plots()

c_in, c_out, k = 64, 128, 3
dense = cost.conv_params(c_in, c_out, k)

# %% [markdown]
# From {{= c_in =}} channels to {{= c_out =}} that is {{= f"{dense:,}" =}} weights. Numbers in the text are computed, as this one is: a name or an expression of the cells above, between braces.

# %% objectives [markdown]
# ## You will be able to

# %% [markdown] objective="count"
# ## Predict first
#
# Let the reader guess before you tell, and let no heading give it away. The dense layer is replaced by two: a depthwise 3×3 layer on the inputs, then a 1×1 layer to the outputs. **How many times fewer weights do the two have together?** Write down a number before you go on.

# %% [markdown] objective="count" claims="GH10-01"
# ## Count it: formula, function, layers
#
# The depthwise layer has $k^2$ weights for each input channel, the 1×1 layer one for each pair of channels: $c_\text{in} k^2 + c_\text{in} c_\text{out}$. Three numbers have to agree: the formula, our function, and what real layers have.

# %%
formula = c_in * k**2 + c_in * c_out
function = (cost.conv_params(c_in, c_in, k, groups=c_in)
            + cost.conv_params(c_in, c_out, 1))
layers = nn.Sequential(
    nn.Conv2d(c_in, c_in, k, padding=1, groups=c_in, bias=False),
    nn.Conv2d(c_in, c_out, 1, bias=False),
)
real = sum(weight.numel() for weight in layers.parameters())
show.table(["formula", "function", "layers"], [(formula, function, real)])

# %% [markdown]
# The pair has {{= f"{dense / real:.1f}" =}} times fewer weights. Was that your number? It depends on the width of the output: the figure shows how, and which bound it comes close to.

# %% hide="code" name="fig-ghostnet-weights" alt="A line that rises steeply from about one at few output channels, bends, and comes close to a dashed line at nine." caption="How many times fewer weights the pair has than the dense layer, against the number of output channels. The kernel's nine places bound it (dashed). A caption says what to see; the text alternative says what is drawn."
widths = range(1, 257)
fewer = [c_in * c * k**2 / (c_in * k**2 + c_in * c) for c in widths]
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(widths, fewer)
ax.axhline(k**2, linestyle="--", color="#595959")
ax.set(xlabel="output channels", ylabel="times fewer weights")
plt.show()

# %% [markdown]
# ## Exercises
#
# Practice first, then what is graded. The visible check touches the very point of the task.

# %% task [markdown] exercise="ghostnet_weights" objective="count"
# ### Weights of the pair
#
# Write `pair_weights(c_in, c_out, k)`: the number of weights of a depthwise `k` × `k` layer on `c_in` channels and the 1×1 layer behind it to `c_out` channels, without biases. It must hold for any widths and any kernel.

# %% answer exercise="ghostnet_weights"
def pair_weights(c_in, c_out, k):
    """Weights of a depthwise k × k layer and a 1×1 layer, no biases."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="ghostnet_weights" points=2
with Check("pair_weights") as check:
    with check("8 channels to 16, kernels of 3 × 3"):
        check.equal(pair_weights(8, 16, 3), 200)
    with check("16 channels to 8: the order matters"):
        check.equal(pair_weights(16, 8, 3), 272)

# %% ledger [markdown]
# ## What was claimed, what we found

# %% [markdown]
# ## When to choose it
#
# End with the numbers of the beginning, asked again; say when to choose it, when not, and what came next. The pair has {{= f"{real / dense:.0%}" =}} of the dense layer's weights here.
