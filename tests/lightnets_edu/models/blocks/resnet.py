"""ResNet-50 and ResNeXt-50: what their block is drawn from."""

from lightnets_edu.models import resnet

BLOCKS = {
    resnet.Bottleneck: ((256, 128, 512, 2), (256, 56, 56)),
}
