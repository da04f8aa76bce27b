"""Names of the engine as a person reads them."""

from __future__ import annotations


def readable(name: str) -> str:
    """ "femur_left" as "Femur left". A name that is not in lower case, such as "L1", keeps its letters."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
