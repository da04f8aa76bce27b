"""Which class a foreign label means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orthoai.errors import InputError

VERTEBRAL_FRACTURES = ("crush", "wedge", "biconcave", "normal")
"""The classes of the network for vertebral fractures, in its order."""

ALIASES = {
    "ys": "crush",
    "crushed": "crush",
    "xx": "wedge",
    "wedged": "wedge",
    "anterior_wedge": "wedge",
    "sa": "biconcave",
    "bi_concave": "biconcave",
    "biconcavity": "biconcave",
    "healthy": "normal",
    "intact": "normal",
    "no": "normal",
    "unfractured": "normal",
}
"""Other names by class, as :func:`plain` writes them; ys, xx and sa are those of Yang et al. 2025 (section 2.2)."""

TAIL = "_fracture"
"""Left out of a name, so that "Wedge fracture" is a wedge and "no fracture" is normal."""


@dataclass(frozen=True)
class ClassTable:
    """The classes of an import, by number.

    Attributes:
        names: in the order of their numbers.
        skips_others: whether objects of other classes are left out instead of refused.

    Example:
        >>> ClassTable().number("Wedge fracture", "a.json"), ClassTable().number("ys", "a.json")
        (1, 0)
    """

    names: tuple[str, ...] = VERTEBRAL_FRACTURES
    skips_others: bool = False

    def __post_init__(self) -> None:
        for name in self.names:
            if not name.strip() or not name.isprintable():
                raise InputError("A class needs a name of printable characters; give --classes such names.")
        if len({plain(name) for name in self.names}) < len(self.names):
            raise InputError("Two of the classes have the same name; name each class once after --classes.")

    def number(self, label: str, where: str) -> int | None:
        """The number of ``label``; None for one to leave out.

        Args:
            label: as the annotator typed it; upper case, spaces and hyphens do not matter.
            where: file, for the sentence.

        Raises:
            InputError: no class of that name, and others are not to be left out.
        """
        known = {plain(name): number for number, name in enumerate(self.names)}
        name = plain(label)
        found = known.get(name, known.get(ALIASES.get(name, "")))
        if found is None and not self.skips_others:
            raise InputError(
                f'{where} has an object of class "{label[:40]}", which is none of {", ".join(self.names)}; rename it, '
                "name your own classes with --classes, or leave others out with --skip-others."
            )
        return found


def plain(name: str) -> str:
    """A name in small letters, words joined by _, without a last "fracture"."""
    words = re.sub(r"[\s_-]+", "_", name.strip().casefold())
    return words.removesuffix(TAIL) or words
