"""Names and numbers of vertebrae, as the VerSe data set counts them (Sekuboyina et al. 2021)."""

from __future__ import annotations

CERVICAL = {n: f"C{n}" for n in range(1, 8)}
THORACIC = {n + 7: f"T{n}" for n in range(1, 13)}
LUMBAR = {n + 19: f"L{n}" for n in range(1, 7)}

SACRUM = 26
"""Number of the sacrum."""

T13 = 28
"""Number of a thirteenth thoracic vertebra, which few people have."""

NAMES: dict[int, str] = {**CERVICAL, **THORACIC, **LUMBAR, SACRUM: "sacrum", T13: "T13"}
"""Number to name."""

IDS: dict[str, int] = {name: number for number, name in NAMES.items()}
"""Name to number."""

COLUMN: tuple[int, ...] = (*CERVICAL, *THORACIC, *range(20, 25), SACRUM)
"""Numbers from the skull down, in a spine of the usual count."""


def vertebra_name(number: int) -> str:
    """The name of VerSe number ``number``, such as "L1" for 20; KeyError where there is none.

    Example:
        >>> vertebra_name(8), vertebra_name(24)
        ('T1', 'L5')
    """
    return NAMES[int(number)]


def vertebra_id(name: str) -> int:
    """The VerSe number of "T4", "L5", "sacrum" ...; KeyError where there is none.

    Example:
        >>> vertebra_id("L1")
        20
    """
    return IDS[name]
