# %% solution
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    """Weight and bias of a convolution that includes the batch norm."""
    scale = (var + eps).rsqrt()
    if gamma is not None:
        scale = scale * gamma
    shift = -mean if bias is None else bias - mean
    shift = shift * scale
    if beta is not None:
        shift = shift + beta
    return weight * scale[:, None, None, None], shift

# %% test name="Without a bias, any groups" points=1 hint="Try 4 groups, a depthwise layer, a 1×1 layer."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for c_in, c_out, groups, kernel in [(4, 4, 1, 3), (8, 12, 4, 3), (6, 6, 6, 5), (5, 9, 1, 1), (6, 12, 3, 1)]:
    weight = torch.randn(c_out, c_in // groups, kernel, kernel, dtype=torch.float64)
    gamma, beta, mean = (torch.randn(c_out, dtype=torch.float64) for _ in range(3))
    var, x = torch.rand(c_out, dtype=torch.float64) + 0.2, torch.randn(2, c_in, 7, 6, dtype=torch.float64)
    expected = F.batch_norm(F.conv2d(x, weight, groups=groups), mean, var, gamma, beta, eps=1e-3)
    new_weight, new_bias = fold_norm(weight.clone(), None, gamma.clone(), beta.clone(), mean.clone(), var.clone(), 1e-3)
    checks.close(F.conv2d(x, new_weight, new_bias, groups=groups), expected, rel=1e-8, abs=1e-8)

# %% test name="With a bias" points=1 hint="Put zeros through both layers: what comes out?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for c_in, c_out, groups in [(3, 7, 1), (6, 4, 2), (5, 5, 5)]:
    weight = torch.randn(c_out, c_in // groups, 3, 3, dtype=torch.float64)
    bias, gamma, beta, mean = (torch.randn(c_out, dtype=torch.float64) for _ in range(4))
    var, x = 3 * torch.rand(c_out, dtype=torch.float64) + 0.2, torch.randn(2, c_in, 5, 6, dtype=torch.float64)
    expected = F.batch_norm(F.conv2d(x, weight, bias, groups=groups), mean, var, gamma, beta, eps=1e-5)
    new = fold_norm(weight.clone(), bias.clone(), gamma.clone(), beta.clone(), mean.clone(), var.clone(), 1e-5)
    checks.close(F.conv2d(x, new[0], new[1], groups=groups), expected, rel=1e-8, abs=1e-8)
    given = [t.float() for t in (weight, bias, gamma, beta, mean, var)]
    new = fold_norm(*given, 1e-5)
    checks.equal([part.dtype == torch.float32 for part in new], [True, True])
    checks.close(F.conv2d(x.float(), new[0], new[1], groups=groups).double(), expected, rel=1e-3, abs=1e-3)

# %% test name="Small variances, any ε" points=1 hint="Try eps=0.5, then a variance of 0 with eps=1e-5."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for eps in (0.5, 1e-5, 0.01):
    weight = torch.randn(6, 3, 3, 3, dtype=torch.float64)
    gamma, beta, mean = (torch.randn(6, dtype=torch.float64) for _ in range(3))
    var = torch.tensor([0, 1e-6, 1e-4, 0.01, 1, 100], dtype=torch.float64)
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    expected = F.batch_norm(F.conv2d(x, weight), mean, var, gamma, beta, eps=eps)
    new_weight, new_bias = fold_norm(weight.clone(), None, gamma.clone(), beta.clone(), mean.clone(), var.clone(), eps)
    checks.close(F.conv2d(x, new_weight, new_bias), expected, rel=1e-7, abs=1e-7)

# %% test name="No γ and β; what it is given stays" points=1 hint="Try gamma=None, beta=None; compare all arguments before and after."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for bias in (None, torch.randn(5, dtype=torch.float64)):
    weight, mean = torch.randn(5, 4, 3, 3, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    var, x = torch.rand(5, dtype=torch.float64) + 0.2, torch.randn(2, 4, 5, 5, dtype=torch.float64)
    expected = F.batch_norm(F.conv2d(x, weight, bias), mean, var, eps=1e-3)
    given = [None if t is None else t.clone() for t in (weight, bias, mean, var)]
    new_weight, new_bias = fold_norm(given[0], given[1], None, None, given[2], given[3], 1e-3)
    checks.close(F.conv2d(x, new_weight, new_bias), expected, rel=1e-8, abs=1e-8)
    gamma, beta = torch.randn(2, 5, dtype=torch.float64)
    for held in ((weight, bias, None, None, mean, var), (weight, bias, gamma, beta, mean, var)):
        given = [None if t is None else t.clone() for t in held]
        fold_norm(*given, 1e-3)
        for before, after in zip(held, given, strict=True):
            if before is not None:
                checks.equal(after, before)

# %% right name="step by step, with what is missing filled in"
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    n = len(weight)
    bias = torch.zeros_like(mean) if bias is None else bias
    gamma = torch.ones(n).to(mean) if gamma is None else gamma
    beta = torch.zeros(n).to(mean) if beta is None else beta
    s = gamma / torch.sqrt(var + eps)
    return weight * s.reshape(-1, 1, 1, 1), (bias - mean) * s + beta

# %% right name="by asking batch norm itself"
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    zero = torch.zeros(1, len(weight)).to(weight) if bias is None else bias[None]
    b = F.batch_norm(zero, mean, var, gamma, beta, eps=eps)[0]
    s = F.batch_norm(mean[None] + 1, mean, var, gamma, beta, eps=eps)[0]
    if beta is not None:
        s = s - beta
    return torch.einsum("oikl,o->oikl", weight, s), b

# %% right name="channel by channel"
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    new_weight, new_bias = weight.clone(), mean.clone()
    for o in range(weight.shape[0]):
        s = 1 / (var[o] + eps) ** 0.5
        if gamma is not None:
            s = s * gamma[o]
        new_weight[o] = weight[o] * s
        b = 0 if bias is None else bias[o]
        new_bias[o] = (b - mean[o]) * s + (0 if beta is None else beta[o])
    return new_weight, new_bias

# %% wrong mistake="Leaves ε out: unseen where variances are large."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = 1 / var.sqrt() if gamma is None else gamma / var.sqrt()
    b = (-mean if bias is None else bias - mean) * s
    return weight * s[:, None, None, None], b if beta is None else b + beta

# %% wrong mistake="Adds ε to the root instead of the variance."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = 1 / (var.sqrt() + eps)
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    return weight * s[:, None, None, None], b if beta is None else b + beta

# %% wrong mistake="Forgets the root: divides by the variance."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = 1 / (var + eps)
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    return weight * s[:, None, None, None], b if beta is None else b + beta

# %% wrong mistake="Does not scale the convolution's own bias."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = -mean * s if beta is None else beta - mean * s
    return weight * s[:, None, None, None], b if bias is None else b + bias

# %% wrong mistake="Forgets the convolution's own bias."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    return weight * s[:, None, None, None], -mean * s if beta is None else beta - mean * s

# %% wrong mistake="Scales the input channels: the other axis of the weights."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    return weight * s[: weight.shape[1], None, None], b if beta is None else b + beta

# %% wrong mistake="Multiplies along the last axis, the width of the kernel."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    return weight * s, b if beta is None else b + beta

# %% wrong mistake="Takes a learned scale and shift for granted."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    b = (-mean if bias is None else bias - mean) * s + beta
    return weight * s[:, None, None, None], b

# %% wrong mistake="Writes into the weights that it was given."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    weight *= s[:, None, None, None]
    return weight, b if beta is None else b + beta

# %% wrong mistake="Does not subtract the mean."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = torch.zeros_like(mean) if bias is None else bias * s
    return weight * s[:, None, None, None], b if beta is None else b + beta

# %% wrong mistake="Gives back float32, whatever it was given."
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    s = (var + eps).rsqrt()
    s = s if gamma is None else gamma * s
    b = (-mean if bias is None else bias - mean) * s
    return (weight * s[:, None, None, None]).float(), (b if beta is None else b + beta).float()

# %% wrong mistake="Forgets the convolution's bias where the batch norm has no scale and shift." from="solution"
# -     shift = -mean if bias is None else bias - mean
# +     shift = -mean if bias is None or gamma is None else bias - mean

# %% wrong mistake="Leaves ε out where the batch norm has no scale and shift." from="solution"
# -     scale = (var + eps).rsqrt()
# +     scale = (var if gamma is None else var + eps).rsqrt()

# %% wrong mistake="Takes the scale for positive." from="solution"
# -         scale = scale * gamma
# +         scale = scale * gamma.abs()

# %% wrong mistake="Gives back float64, whatever it was given." from="solution"
# -     scale = (var + eps).rsqrt()
# +     weight, mean = weight.double(), mean.double()
# +     scale = (var + eps).rsqrt()

# %% wrong mistake="Multiplies the scale into the γ that it was given." from="solution"
# -         scale = scale * gamma
# +         scale = gamma.mul_(scale)

# %% wrong mistake="Adds the shift to the β that it was given." from="solution"
# -         shift = shift + beta
# +         shift = beta.add_(shift)
