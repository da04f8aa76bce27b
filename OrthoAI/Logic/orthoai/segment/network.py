"""Segmentation networks: what describes one, how it is built, and how its weights are kept.

The default is the SegResNet of Xie et al. 2025 (Table 3): 16 initial filters, blocks down 1, 2, 2, 4 and up 1, 1, 1,
dropout 0.2, one input channel, two output channels (background, foreground), 1 mm voxels, HU from -100 to 500.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from monai.networks.nets import SegResNet
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from orthoai.errors import InputError
from orthoai.segment.tensor_file import save_tensors

OUT_CHANNELS = 2
"""Background and foreground: the left-right label comes from stage 1, not from the network."""


@dataclass(frozen=True)
class SegmenterSpec:
    """All that is needed to build a segmenter and to feed it.

    Attributes:
        architecture: a name in :data:`ARCHITECTURES`.
        init_filters, blocks_down, blocks_up, dropout: SegResNet's size.
        spacing_mm: voxel size (i, j, k) of the network's input.
        intensity_range_hu: HU that become 0 and 1; values outside are clipped.
        patch: window size in voxels (k, j, i).
        options: whatever else an architecture of its own needs.
    """

    architecture: str = "segresnet"
    init_filters: int = 16
    blocks_down: tuple[int, ...] = (1, 2, 2, 4)
    blocks_up: tuple[int, ...] = (1, 1, 1)
    dropout: float = 0.2
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    intensity_range_hu: tuple[float, float] = (-100.0, 500.0)
    patch: tuple[int, int, int] = (96, 96, 96)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.patch) != 3 or any(side < 1 or side % self.stride for side in self.patch):
            raise InputError(
                f"The segmenter's patch {self.patch} must be three positive multiples of {self.stride}; "
                "the model's metadata.json is wrong, reinstall the model."
            )
        window = self.intensity_range_hu
        if len(self.spacing_mm) != 3 or min(self.spacing_mm) <= 0 or len(window) != 2 or not window[0] < window[1]:
            raise InputError(
                "The segmenter's spacing must be three positive lengths and its intensity range must grow; "
                "the model's metadata.json is wrong, reinstall the model."
            )

    @property
    def stride(self) -> int:
        """Patch sides must be multiples of this: each level below the first halves the grid."""
        return 2 ** (len(self.blocks_down) - 1)

    @classmethod
    def from_metadata(cls, entry: Mapping[str, Any]) -> SegmenterSpec:
        """From the ``networks.segmenter`` entry of a model's metadata.json; file, sha256 and notes are passed over.

        Raises:
            InputError: an entry has the wrong kind of value.
        """
        convert: dict[str, Callable[[Any], Any]] = {
            "architecture": str,
            "init_filters": int,
            "blocks_down": _integers,
            "blocks_up": _integers,
            "dropout": float,
            "spacing_mm": _numbers,
            "intensity_range_hu": _numbers,
            "patch": _integers,
            "options": dict,
        }
        try:
            return cls(**{name: kind(entry[name]) for name, kind in convert.items() if name in entry})
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The segmenter entry of the model's metadata.json is wrong ({error}); reinstall the model."
            ) from error

    def to_metadata(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        entry = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return entry if self.options else {name: value for name, value in entry.items() if name != "options"}


def _integers(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _segresnet(spec: SegmenterSpec) -> nn.Module:
    return SegResNet(
        spatial_dims=3,
        init_filters=spec.init_filters,
        in_channels=1,
        out_channels=OUT_CHANNELS,
        dropout_prob=spec.dropout or None,
        blocks_down=spec.blocks_down,
        blocks_up=spec.blocks_up,
    )


ARCHITECTURES: dict[str, Callable[[SegmenterSpec], nn.Module]] = {"segresnet": _segresnet}
"""Builders by name; comparators add theirs. A network takes (B, 1, K, J, I) in 0..1, gives logits (B, 2, K, J, I)."""


def build(spec: SegmenterSpec) -> nn.Module:
    """The network with random weights, float32, in training mode.

    Raises:
        InputError: no architecture has that name.
    """
    if spec.architecture not in ARCHITECTURES:
        raise InputError(
            f"Unknown segmenter architecture '{spec.architecture}'; known are {', '.join(sorted(ARCHITECTURES))}."
        )
    return ARCHITECTURES[spec.architecture](spec)


# Weights


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the weights as safetensors in float16, half the size of float32, whole or not at all.

    Raises:
        InputError: the disk refuses.
        ValueError: a weight is not finite in float16, so the file would not hold the network.
    """
    tensors = {}
    for name, value in network.state_dict().items():
        tensor = value.detach().to("cpu", torch.float16 if value.is_floating_point() else value.dtype)
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} does not fit float16")
        tensors[name] = tensor
    save_tensors(path, tensors, {"format": "pt"})


def load_weights(network: nn.Module, path: Path) -> nn.Module:
    """Put the weights at ``path`` into ``network``, in its own precision, and return it.

    Raises:
        InputError: the file is missing, damaged, or belongs to another network.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"The segmenter's weights {path.name} are missing or damaged; reinstall the model.") from error
    if any(value.is_floating_point() and not bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise InputError(f"The segmenter's weights {path.name} hold values that are not numbers; reinstall the model.")
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise InputError(
            f"The segmenter's weights {path.name} do not fit the network that its metadata.json describes; "
            "reinstall the model."
        ) from error
    return network
