"""The same network, cheaper to run: batch norm folded into convolutions, and a block computed slice by slice."""

import copy
from collections import Counter
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from lightnets_edu.layers import check_image, divide
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

Layer = nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear
BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
PAIRS = {  # exactly these classes: a subclass may do something else
    (nn.Conv1d, nn.BatchNorm1d),
    (nn.Conv2d, nn.BatchNorm2d),
    (nn.Conv3d, nn.BatchNorm3d),
    (nn.Linear, nn.BatchNorm1d),
}


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """A copy of `model` for inference, where a batch norm right behind its layer has become part of that layer.

    In evaluation mode, with running mean μ and variance σ², batch norm gives y = (x - μ)·s + β, where s = γ/√(σ² + ε).
    Behind a layer x = W∗a + b that is y = (W·s)∗a + (b - μ)·s + β: a layer of the same kind, with a bias. Jacob et al.
    (2017), arXiv:1712.05877, §3.2. Outputs are the same up to rounding.

    Folded are a convolution and the batch norm that follows it in an `nn.Sequential`, and likewise a linear layer on
    inputs (N, features); an Identity takes the batch norm's place, so that names stay. Every other batch norm stays:
    before its convolution, behind an activation, without running statistics, or where one of the two has hooks, a
    second place in the network, or a class of its own. The copy is in evaluation mode whatever the mode of `model`,
    which stays as it is; to train, train `model`. ValueError for what is no network.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(model).__name__}")
    folded = copy.deepcopy(model).eval()
    places = Counter(id(part) for module in folded.modules() for part in module._modules.values())
    for row in folded.modules():
        if not isinstance(row, nn.Sequential) or type(row).forward is not nn.Sequential.forward:
            continue
        for i, (layer, norm) in enumerate(pairwise(list(row)), 1):
            alone = all(places[id(m)] == 1 and not m._forward_hooks and not m._forward_pre_hooks for m in (layer, norm))
            if not alone or (type(layer), type(norm)) not in PAIRS:
                continue
            if isinstance(layer, Layer) and isinstance(norm, BatchNorm) and _fold(layer, norm):
                row[i] = nn.Identity().eval()
    return folded


@torch.no_grad()
def _fold(layer: Layer, norm: BatchNorm) -> bool:
    """Make `norm` part of `layer`, in place, if it has statistics; says whether it did."""
    weight, mean, var = layer.weight, norm.running_mean, norm.running_var
    if mean is None or var is None or len(mean) != len(weight):
        return False
    s = norm.weight / (var + norm.eps).sqrt() if norm.affine else 1 / (var + norm.eps).sqrt()
    bias = (-mean if layer.bias is None else layer.bias - mean) * s
    if norm.affine:
        bias = bias + norm.bias
    layer.weight = nn.Parameter((weight * s.reshape(-1, *[1] * (weight.ndim - 1))).to(weight), weight.requires_grad)
    layer.bias = nn.Parameter(bias.to(weight), weight.requires_grad)
    return True


def slicewise(block: InvertedResidual, x: Tensor, slices: int) -> Tensor:
    """What `block` gives in evaluation mode, without its expanded map ever being whole (MobileNet V2, §5.1).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride). Each expanded channel goes its own way through the depthwise
    layer, and the projection is a sum over all of them. So a block can widen, filter and project one slice of them
    after another and add up, the same but for the order of additions. `cost.inverted_residual_peak` says how many
    elements are alive at once. ValueError for another block, one in training mode, inputs that do not fit, and a
    number of slices that does not divide the expanded channels.
    """
    if not isinstance(block, InvertedResidual):
        raise ValueError(f"expected an InvertedResidual of MobileNet V2, got {type(block).__name__}")
    if any(module.training for module in block.modules()):
        raise ValueError("the block must be in evaluation mode: in training, batch norm depends on the whole batch")
    expand = None if block.expand is None else _folded(block.expand)
    depthwise, project = _folded(block.depthwise), _folded(block.project)
    c_mid = depthwise.in_channels
    check_image(x, channels=c_mid if expand is None else expand.in_channels)
    c_slice = divide(c_mid, slices, "slices of the expanded map")

    def share(start: int) -> Tensor:
        s = slice(start, start + c_slice)
        y = x[:, s] if expand is None else conv2d(x, expand.weight[s], _part(expand, s)).clamp_(0, 6)
        y = conv2d(y, depthwise.weight[s], _part(depthwise, s), depthwise.stride, 1, groups=c_slice).clamp_(0, 6)
        return conv2d(y, project.weight[:, s], None if start else project.bias)

    y = share(0)
    for start in range(c_slice, c_mid, c_slice):
        y += share(start)
    return y.add_(x) if block.shortcut else y


def _folded(layer: nn.Sequential) -> nn.Conv2d:
    """The convolution of a `conv_bn`, with its batch norm."""
    conv = fold_batch_norm(layer).get_submodule("0")
    if not isinstance(conv, nn.Conv2d):
        raise ValueError(f"expected a convolution and its batch norm, got {layer}")
    return conv


def _part(layer: nn.Conv2d, s: slice) -> Tensor | None:
    return None if layer.bias is None else layer.bias[s]
