"""The networks that the paper compares with (its Table 2), from libraries where they exist.

Each takes (B, 1, H, W) pictures 0..1, H and W multiples of 32, and gives (B, outputs, H, W) logits. ``compact`` brings
all of them to the size that a CPU trains beside ours.
"""

from __future__ import annotations

from orthoai.errors import InputError
from torch import Tensor, nn

from orthoai_training.fracture.segnet import SegNet
from orthoai_training.fracture.spine_gan import SpineGan

UNET_BASE = {True: 16, False: 64}
"""Channels of a U-Net's first level, by whether it is compact."""

NESTED_BASE = {True: 8, False: 32}
"""The same for U-Net++, whose nested blocks would cost four times as much."""


def unet(compact: bool, outputs: int) -> nn.Module:
    """U-Net (Ronneberger et al. 2015): MONAI's BasicUNet."""
    from monai.networks.nets import BasicUNet

    return BasicUNet(2, 1, outputs, _unet_widths(UNET_BASE[compact]))


def unet_plus_plus(compact: bool, outputs: int) -> nn.Module:
    """U-Net++ (Zhou et al. 2018): MONAI's BasicUNetPlusPlus without deep supervision."""
    from monai.networks.nets import BasicUNetPlusPlus

    return FirstOutput(BasicUNetPlusPlus(2, 1, outputs, _unet_widths(NESTED_BASE[compact])))


def deeplab_v3_plus(compact: bool, outputs: int) -> nn.Module:
    """DeepLabv3+ (Chen et al. 2018) of segmentation-models-pytorch; its encoder is ResNet50, or MobileNetV2."""
    try:
        import segmentation_models_pytorch as smp
    except ImportError:
        raise InputError(
            "DeepLabv3+ needs segmentation-models-pytorch: pip install segmentation-models-pytorch."
        ) from None
    encoder, width = ("mobilenet_v2", 64) if compact else ("resnet50", 256)
    return smp.DeepLabV3Plus(encoder, encoder_weights=None, decoder_channels=width, in_channels=1, classes=outputs)


def fcn(compact: bool, outputs: int) -> nn.Module:
    """FCN (Shelhamer et al. 2015) of torchvision; its backbone is ResNet50, or MobileNetV3 in its dilated form."""
    from torchvision.models import mobilenet_v3_small
    from torchvision.models.segmentation import fcn_resnet50
    from torchvision.models.segmentation.fcn import FCN, FCNHead

    if not compact:
        return ColorOutput(fcn_resnet50(weights=None, weights_backbone=None, num_classes=outputs))
    backbone = NamedFeatures(mobilenet_v3_small(weights=None, dilated=True).features)
    return ColorOutput(FCN(backbone, FCNHead(MOBILENET_CHANNELS, outputs)))


MOBILENET_CHANNELS = 576
"""Channels of the last features of torchvision's mobilenet_v3_small."""


def segnet(compact: bool, outputs: int) -> nn.Module:
    """SegNet (Badrinarayanan et al. 2015): no library at hand has it, so see :class:`SegNet`."""
    return SegNet(UNET_BASE[compact], outputs)


def spine_gan(compact: bool, outputs: int) -> nn.Module:
    """SpineGAN (Han et al. 2018), simplified: no library at hand has it, so see :class:`SpineGan`."""
    return SpineGan(UNET_BASE[compact], outputs)


class FirstOutput(nn.Module):
    """Of a network that returns a list."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        return self.network(picture)[0]


class NamedFeatures(nn.Module):
    """Features under the name that torchvision's segmenters look for."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return {"out": self.features(picture)}


class ColorOutput(nn.Module):
    """A torchvision segmenter of color pictures, given gray ones."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        return self.network(picture.expand(-1, 3, -1, -1))["out"]


def _unet_widths(base: int) -> tuple[int, int, int, int, int, int]:
    return base, 2 * base, 4 * base, 8 * base, 16 * base, base
