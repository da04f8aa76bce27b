"""SEM, the Squeeze and Excitation Module."""

from __future__ import annotations

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """Channels weighed by what the whole picture holds (Hu et al. 2018; paper: "Squeeze and Excitation Module").

    Global average pooling, two dense layers, a weight 0..1 per channel. The paper lets the layers put out "biases" as
    well; the block it cites has none and this one has none.

    Shapes: (B, width, H, W) to the same shape.
    """

    def __init__(self, width: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = max(4, width // reduction)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.excite = nn.Sequential(
            nn.Conv2d(width, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, width, 1), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        return features * self.excite(self.squeeze(features))
