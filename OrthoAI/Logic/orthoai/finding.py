"""What a task says about one structure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orthoai.geometry import Triple


@dataclass(frozen=True)
class Measurement:
    """A number with its unit, as UCUM writes it ("mm", "cm3", "deg", "1" for a ratio or a grade)."""

    value: float
    unit: str


@dataclass(frozen=True)
class Place:
    """Where a finding lies.

    Attributes:
        lps: point in LPS mm.
        slice_index: the slice (k of the input's own grid) that shows it best; None where no one slice does.
    """

    lps: Triple
    slice_index: int | None = None


@dataclass(frozen=True)
class Finding:
    """One statement about one structure or level.

    Attributes:
        structure: what it is about, such as "femur_left" or "L1".
        label: what was found, such as "wedge".
        probability: 0..1.
        uncertainty: 0..1, such as an ensemble's disagreement; None where the task has no measure of it.
        measurements: by name, such as {"volume": Measurement(312.0, "cm3")}.
        place: where to look; None where it concerns the whole image.
        flags: what a reviewer should know, as short names such as "cut_by_field_of_view".
        confirmed: names of the measurements that a reviewer set or found right; a task confirms none.

    Example:
        >>> Finding("femur_left", "femur", 0.97, measurements={"volume": Measurement(312.0, "cm3")}).flags
        ()
    """

    structure: str
    label: str
    probability: float
    uncertainty: float | None = None
    measurements: dict[str, Measurement] = field(default_factory=dict)
    place: Place | None = None
    flags: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()

    def with_confirmed(self, name: str, value: float) -> Finding:
        """The finding with ``value`` for the measurement ``name``, which a reviewer stands behind."""
        unit = self.measurements[name].unit if name in self.measurements else "1"
        return replace(
            self,
            measurements={**self.measurements, name: Measurement(value, unit)},
            confirmed=tuple(dict.fromkeys((*self.confirmed, name))),
        )
