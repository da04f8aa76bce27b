"""The blocks of the paper's decoder part."""

from __future__ import annotations

from torch import Tensor, cat, nn

from orthoai_training.fracture.network.layers import ConvUnit


class InitialBlock(nn.Sequential):
    """Two 3 x 3 convolutions, each with batch normalization (paper: "Initial Block", Fig. 7); ReLU is our addition.

    Shapes: (B, width, H, W) to the same shape.
    """

    def __init__(self, width: int) -> None:
        super().__init__(ConvUnit(width, width), ConvUnit(width, width))


class BottleneckEncoder(nn.Sequential):
    """A separable convolution, depthwise then pointwise, each with batch normalization (paper: "Bottleneck Encoder").

    Shapes: (B, width, H, W) to (B, width, H / stride, W / stride).
    """

    def __init__(self, width: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, stride, padding=1, groups=width, bias=False),
            nn.BatchNorm2d(width),
            ConvUnit(width, width, 1),
        )


class BottleneckDecoder(nn.Module):
    """Upsampling, 1 x 1 convolution, batch normalization (paper: "Bottleneck Decoder", Fig. 9).

    The paper speaks of an "Upsampling2D layer with a 3 x 3 kernel"; such layers have none. Bilinear growth by 2, ReLU.

    Shapes: (B, inputs, H, W) to (B, outputs, 2 H, 2 W).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        # Before the growth a 1 x 1 convolution gives the same result at a quarter of the work.
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.norm = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))

    def forward(self, features: Tensor) -> Tensor:
        return self.norm(self.grow(self.conv(features)))


class FinalUpsampling(nn.Sequential):
    """Transposed convolution, batch normalization, ReLU: (B, inputs, H, W) to (B, outputs, 2 H, 2 W)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(inputs, outputs, 2, stride=2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class SharpenBlock(nn.Module):
    """Ours: a U-Net block of the same size concatenated and mixed by a 3 x 3 convolution, so that borders stay sharp.

    Shapes: (B, inputs, H, W) and (B, skip, H, W) to (B, inputs, H, W).
    """

    def __init__(self, inputs: int, skip: int) -> None:
        super().__init__()
        self.mix = ConvUnit(inputs + skip, inputs)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        return self.mix(cat([features, skip], 1))
