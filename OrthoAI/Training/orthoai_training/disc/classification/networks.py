"""Classifiers by name: the compact one, or one of the paper's six backbones under the paper's head."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from orthoai.errors import InputError
from orthoai.tasks.disc.classify import LOGIT_COUNT
from torch import Tensor, nn

from orthoai_training.disc.classification.recipe import GraderRecipe

PAPER_BACKBONES = {
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "resnet50": "resnet50",
    "densenet121": "densenet121",
    "inceptionv3": "inception_v3",
    "xception": "legacy_xception",
}
"""The paper's name to timm's."""

COMPACT_WIDTHS = (32, 48, 96, 128)


class DiscGrader(nn.Module):
    """Logits (B, LOGIT_COUNT) of crops (B, 1, H, W) in 0..1: herniation, bulge, then the five Pfirrmann grades.

    The last feature maps are averaged, then two dense layers with dropout grade the averages (the paper's head).

    Args:
        backbone: (B, channels, h, w) to (B, features, h', w').
        channels: of its input; a crop is repeated to them.
        features: of its output.
        recipe: the head, and the size that a crop is enlarged to.
    """

    def __init__(self, backbone: nn.Module, channels: int, features: int, recipe: GraderRecipe) -> None:
        super().__init__()
        self.backbone, self.channels, self.input_size = backbone, channels, recipe.input_size
        self.first = nn.Linear(features, recipe.hidden)
        self.second = nn.Linear(recipe.hidden, LOGIT_COUNT)
        self.dropout = nn.Dropout(recipe.dropout)

    def forward(self, crops: Tensor) -> Tensor:
        return self._head(self.features(crops))[0]

    def features(self, crops: Tensor) -> Tensor:
        """The last feature maps (B, K, h, w)."""
        if tuple(crops.shape[2:]) != self.input_size:
            crops = nn.functional.interpolate(crops, self.input_size, mode="bilinear", align_corners=False)
        return self.backbone(crops.expand(-1, self.channels, -1, -1))

    def explained(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, O), feature maps (B, K, h, w) and the slope of each logit by each map's mean (B, O, K).

        A map's mean changes a logit only through the hidden units that are on, hence the closed form; in eval mode.
        """
        features = self.features(crops)
        logits, hidden = self._head(features)
        on = (hidden > 0).to(hidden.dtype)
        return logits, features, (self.second.weight[None] * on[:, None, :]) @ self.first.weight

    def _head(self, features: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.first(self.dropout(features.mean((2, 3)))).relu()
        return self.second(self.dropout(hidden)), hidden


@dataclass(frozen=True)
class BuiltGrader:
    """A network and where its first weights come from."""

    network: DiscGrader
    start: str


def build_grader(recipe: GraderRecipe) -> BuiltGrader:
    """The network that ``recipe`` names. Raises InputError for an unknown name or when timm is not installed."""
    if recipe.architecture == "compact":
        return BuiltGrader(DiscGrader(_compact(), 1, COMPACT_WIDTHS[-1], recipe), "from scratch")
    if recipe.architecture not in PAPER_BACKBONES:
        names = ", ".join(("compact", *PAPER_BACKBONES))
        raise InputError(f"There is no classifier named {recipe.architecture!r}: choose one of {names}.")
    try:
        import timm
    except ImportError:
        raise InputError("The paper's backbones need timm: run pip install timm.") from None
    name = PAPER_BACKBONES[recipe.architecture]

    def create(pretrained: bool) -> DiscGrader:
        backbone: Any = timm.create_model(name, pretrained=pretrained, num_classes=0, global_pool="")
        # VGG keeps its own dense layers even without classes; the paper's head stands in their place.
        backbone.pre_logits = nn.Identity()
        return DiscGrader(_LastMaps(backbone), 3, backbone.num_features, recipe)

    if recipe.pretrained:
        # Whatever the reason (no network, no cache), the run goes on and its record says how it began.
        try:
            return BuiltGrader(create(True), "ImageNet weights")
        except Exception as error:
            return BuiltGrader(create(False), f"from scratch (no ImageNet weights: {type(error).__name__})")
    return BuiltGrader(create(False), "from scratch")


def _compact() -> nn.Sequential:
    layers: list[nn.Module] = [_conv(1, COMPACT_WIDTHS[0], 5)]
    for narrow, wide in pairwise(COMPACT_WIDTHS):
        layers += [_conv(narrow, wide), _Residual(wide)]
    return nn.Sequential(*layers)


class _LastMaps(nn.Module):
    """A timm network up to its last feature maps."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network.forward_features(pictures)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _conv(width, width, stride=1)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.conv(features)


def _conv(inputs: int, outputs: int, side: int = 3, stride: int = 2) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, side, stride=stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def freeze_backbone(network: DiscGrader, frozen: bool) -> None:
    """Let gradients reach the head alone, or everything."""
    network.backbone.requires_grad_(not frozen)


def trainable(network: nn.Module) -> list[torch.nn.Parameter]:
    """The parameters that gradients reach."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]
