"""The whole multi-scale feature-fusion network."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.errors import InputError
from torch import Tensor, nn

from orthoai_training.fracture.network.aspp import Aspp
from orthoai_training.fracture.network.common_size import CommonSize
from orthoai_training.fracture.network.decoder_blocks import (
    BottleneckDecoder,
    BottleneckEncoder,
    FinalUpsampling,
    InitialBlock,
    SharpenBlock,
)
from orthoai_training.fracture.network.encoder import UnetEncoder
from orthoai_training.fracture.network.feature_fusion import FeatureFusion
from orthoai_training.fracture.network.layers import size_of
from orthoai_training.fracture.network.lprab import Lprab
from orthoai_training.fracture.network.rbrab import Rbrab
from orthoai_training.fracture.network.rcbam import Rcbam

STRIDE = 16
"""Input sides are multiples of this: the encoder pools four times."""

ATTENTION_GRID = 16
"""Blocks along a side of a whole tile among which self-attention looks."""

STRIDES = {1: (2, 2, 2), 2: (2, 2, 1), 4: (2, 1, 1), 8: (1, 1, 1)}
"""Of the three bottleneck encoders, by how much coarser the fused features are than the picture: two bottleneck
decoders and the transposed convolution grow by 8 together, and must end at the picture's size."""


@dataclass(frozen=True)
class MsffConfig:
    """Sizes and switches.

    Attributes:
        size: pixels along a side of a tile; fused: of the fused features, size / 1, 2, 4 or 8. The paper has 256 twice.
        width: channels of the fused features (paper: 64). base: channels of U-Net block 1 (U-Net: 64).
        outputs: logits per pixel: 1 is the fracture, 2 adds the vertebral bodies, which only training looks at.
        sharp: skips from U-Net blocks 1 and 2 into the decoder, see :class:`SharpenBlock`. Not in the paper.
        use_ffm, use_se, use_aspp, use_rcbam, use_rbrab, use_lprab: the paper's modules (its Table 1).
    """

    size: int = 256
    fused: int = 256
    width: int = 64
    base: int = 64
    channels: int = 1
    outputs: int = 1
    sharp: bool = False
    use_ffm: bool = True
    use_se: bool = True
    use_aspp: bool = True
    use_rcbam: bool = True
    use_rbrab: bool = True
    use_lprab: bool = True

    def __post_init__(self) -> None:
        if (
            self.size % STRIDE
            or self.fused < ATTENTION_GRID
            or self.size not in [self.fused * step for step in STRIDES]
        ):
            raise InputError(
                f"Tiles of {self.size} cannot be fused at {self.fused}: give a multiple of {STRIDE}, and a fused size "
                f"of 1, 1/2, 1/4 or 1/8 of it, at least {ATTENTION_GRID}."
            )

    @property
    def coarseness(self) -> int:
        """Pixels of the picture along one pixel of the fused features."""
        return self.size // self.fused


PAPER_NETWORK = MsffConfig()
"""The paper's sizes: 54 billion multiplications a picture, for a GPU."""

COMPACT_NETWORK = MsffConfig(fused=64, width=32, base=16, outputs=2, sharp=True)
"""For a CPU: the fused features at a quarter of the resolution, fewer channels, and skips that keep borders sharp."""


class Msff(nn.Module):
    """Fracture logits of slices (Saeed et al. 2024, Fig. 1).

    Shapes: (B, channels, H, W) to (B, outputs, H, W); H and W are multiples of :attr:`stride`. Made for
    ``config.size``; other sizes give other context.
    """

    def __init__(self, config: MsffConfig = PAPER_NETWORK) -> None:
        super().__init__()
        self.config = config
        width, coarse = config.width, config.coarseness
        pool = max(1, config.fused // ATTENTION_GRID)
        self.stride = max(STRIDE, coarse * pool)
        self.encoder = UnetEncoder(config.channels, config.base)
        blocks = self.encoder.widths
        self.fusion = FeatureFusion(blocks[1:], width, config.use_ffm)
        self.common = CommonSize(len(blocks) - 1, width, config.use_se)
        self.context = nn.Sequential(
            Aspp(width) if config.use_aspp else nn.Identity(),
            Rcbam(width) if config.use_rcbam else nn.Identity(),
            Rbrab(width, pool) if config.use_rbrab else nn.Identity(),
            Lprab(width, config.fused) if config.use_lprab else nn.Identity(),
        )
        half, quarter = max(8, width // 2), max(8, width // 4)
        self.inward = nn.Sequential(
            InitialBlock(width), *(BottleneckEncoder(width, stride) for stride in STRIDES[coarse])
        )
        self.grow_first = BottleneckDecoder(width, width)
        self.grow_second = BottleneckDecoder(width, half)
        self.grow_last = FinalUpsampling(half, quarter)
        self.sharpen_fused = SharpenBlock(width, width) if config.sharp else None
        self.sharpen_half = SharpenBlock(half, blocks[1]) if config.sharp else None
        self.sharpen_full = SharpenBlock(quarter, blocks[0]) if config.sharp else None
        self.head = nn.Conv2d(quarter, config.outputs, 1)

    def forward(self, picture: Tensor) -> Tensor:
        blocks = self.encoder(picture)
        coarse = self.config.coarseness
        size = (size_of(picture)[0] // coarse, size_of(picture)[1] // coarse)
        features = self.context(self.common(self.fusion(blocks[1:]), size))
        grown = self.grow_first(self.inward(features))
        # The fused features come back where the decoder meets their size: at 64 of 256 pixels.
        if self.sharpen_fused is not None and size_of(grown) == size:
            grown = self.sharpen_fused(grown, features)
        grown = self.grow_second(grown)
        if self.sharpen_half is not None:
            grown = self.sharpen_half(grown, blocks[1])
        grown = self.grow_last(grown)
        if self.sharpen_full is not None:
            grown = self.sharpen_full(grown, blocks[0])
        return self.head(grown)
