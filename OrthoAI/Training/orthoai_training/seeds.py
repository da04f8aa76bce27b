"""What every ``--seed`` may be. Imports nothing heavy."""

from __future__ import annotations

from orthoai.errors import InputError


def check_seed(seed: int) -> None:
    """Raise InputError for a seed below 0: no generator takes it, and it would lead out of its split's seeds."""
    if seed < 0:
        raise InputError("A seed is a number from 0 on: give another --seed.")
