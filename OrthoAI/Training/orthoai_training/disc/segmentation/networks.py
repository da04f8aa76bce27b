"""A segmentation network by name: the compact one, or one of the paper's grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from orthoai.errors import InputError
from torch import nn

from orthoai_training.disc.segmentation.compact_net import CompactUNet

CHANNELS = 3
"""Of the input: a slice between its two neighbors."""

CLASSES = 4
"""Background, vertebra, disc, canal."""

GRID_STRIDE = 32
"""Input sides of the grid's networks are multiples of this."""


@dataclass(frozen=True)
class GridEntry:
    """One network of the paper's Table 4, by the names of segmentation-models-pytorch."""

    decoder: str
    encoder: str

    @property
    def name(self) -> str:
        """Such as "unet-resnet34"."""
        return f"{self.decoder}-{self.encoder}"


_ENCODERS = ("vgg16", "resnet34", "resnet50", "resnext50_32x4d")

PAPER_GRID = {
    entry.name: entry
    for entry in (
        *(GridEntry(*names) for names in product(("unet", "linknet", "fpn", "pspnet"), _ENCODERS)),
        GridEntry("deeplabv3plus", "resnet50"),
    )
}
"""U-Net, LinkNet, FPN, PSPNet with four encoders each, and DeepLabv3+ with ResNet50: seventeen."""


@dataclass(frozen=True)
class Built:
    """A network and how it is used.

    Attributes:
        stride: its input sides are multiples of it.
        start: where its first weights come from.
        neighbor_step: slices between the slice and the two that it sees beside it; 0: it sees one slice, three times.
        exportable: whether ONNX can hold it for pictures of any size.
    """

    network: nn.Module
    stride: int
    start: str
    neighbor_step: int = 0
    exportable: bool = True


def build_segmenter(architecture: str, pretrained: bool = False) -> Built:
    """The network called ``architecture``; ``pretrained`` asks for ImageNet weights of its encoder.

    Raises:
        InputError: no such name, or segmentation-models-pytorch is not installed.
    """
    if architecture == "compact":
        network = CompactUNet(CHANNELS, CLASSES)
        return Built(network, network.stride, "from scratch", neighbor_step=1)
    if architecture not in PAPER_GRID:
        names = ", ".join(("compact", *PAPER_GRID))
        raise InputError(f"There is no segmenter named {architecture!r}: choose one of {names}.")
    return _grid_network(PAPER_GRID[architecture], pretrained)


def _grid_network(entry: GridEntry, pretrained: bool) -> Built:
    try:
        import segmentation_models_pytorch as smp
    except ImportError:
        raise InputError(
            "The paper's segmenters need segmentation-models-pytorch: run pip install segmentation-models-pytorch."
        ) from None

    def create(weights: str | None) -> nn.Module:
        return smp.create_model(entry.decoder, entry.encoder, weights, in_channels=CHANNELS, classes=CLASSES)

    # PSPNet pools to a fixed number of cells, which ONNX can do for pictures of one size only.
    exportable = entry.decoder != "pspnet"
    if pretrained:
        # Whatever the reason (no network, no cache), the run goes on and its record says how it began.
        try:
            return Built(create("imagenet"), GRID_STRIDE, "ImageNet weights of the encoder", exportable=exportable)
        except Exception as error:
            start = f"from scratch (no ImageNet weights: {type(error).__name__})"
            return Built(create(None), GRID_STRIDE, start, exportable=exportable)
    return Built(create(None), GRID_STRIDE, "from scratch", exportable=exportable)
