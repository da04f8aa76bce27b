"""How a page says where something is."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.box import Box
from orthoai.finding import Place
from orthoai.geometry import AXIS_LETTERS, Triple
from orthoai.result import Result

SLICES = {"R": "sagittal", "L": "sagittal", "A": "coronal", "P": "coronal", "I": "axial", "S": "axial"}
"""How slices lie by the direction in which they follow each other."""


@dataclass(frozen=True)
class Places:
    """Words for places.

    Attributes:
        in_patient: LPS mm are known; else, of a picture, pixels are all there is.
        slices: how the image's own slices lie, such as "axial".
    """

    in_patient: bool = True
    slices: str = ""

    @classmethod
    def of(cls, result: Result) -> Places:
        """As the input of ``result`` has them."""
        return cls(result.source.kind != "picture", SLICES[result.geometry.axis_codes[2]])

    @property
    def boxes(self) -> str:
        """Caption of a table of boxes."""
        return "Boxes in the patient" if self.in_patient else "Boxes in the picture"

    def position(self, lps: Triple) -> str:
        """A point in words that need no convention, such as "L 95, P 12, I 430 mm" or "column 95, row 12"."""
        if not self.in_patient:
            return f"column {lps[0]:.0f}, row {lps[1]:.0f}"
        parts = (f"{AXIS_LETTERS[n][value >= 0]} {abs(value):.0f}" for n, value in enumerate(lps))
        return ", ".join(parts) + " mm"

    def place(self, place: Place) -> list[str]:
        """Lines for a finding's place."""
        has_slice = self.in_patient and place.slice_index is not None
        return [self.position(place.lps), *([f"{self.slices} slice {place.slice_index}".lstrip()] if has_slice else [])]

    def size(self, box: Box) -> str:
        """Width, depth and height of ``box``, of a picture width and height."""
        sides = [f"{high - low:.0f}" for low, high in zip(box.lps_min, box.lps_max, strict=True)]
        return f"{' × '.join(sides)} mm" if self.in_patient else f"{' × '.join(sides[:2])} pixels"
