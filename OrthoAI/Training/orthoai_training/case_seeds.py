"""Seeds of simulated cases: those of a run, and those that are kept for tests. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from orthoai.errors import InputError

SEED_STRIDE = 100_000
"""Cases of two runs with different seeds never share a seed."""

LIMB_TESTS = SEED_STRIDE // 2
"""Added to the number of a case: with any seed, a training run of fewer cases never meets the same ones."""

FIRST_OVF_TRAINING, FIRST_OVF_VALIDATION = 1_000, 500_000
"""Of cases that ``orthoai train ovf`` simulates; a run's own seed is added."""

SPINE_TESTS = range(900_000, 1_000_000)
"""Of simulated spines that are measured on (``orthoai synth ovf --seed 9`` writes some): no training takes them."""


def case_seed(seed: int, number: int) -> int:
    """The seed of case ``number`` of a run with ``seed``."""
    return seed * SEED_STRIDE + number


def seed_spans(seeds: Iterable[int]) -> str:
    """``seeds`` for people, runs of them in one.

    Example:
        >>> seed_spans([900_007, 900_002, 900_001, 900_000])
        '900000 to 900002, 900007'
    """
    spans: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if spans and seed == spans[-1][-1] + 1:
            spans[-1][1:] = [seed]
        else:
            spans.append([seed])
    return ", ".join(" to ".join(map(str, span)) for span in spans)


def refuse_tests(seeds: Iterable[object]) -> None:
    """Raise InputError where one of ``seeds``, of spines to train on, is a test's; what is no number is none."""
    if any(isinstance(seed, int) and seed in SPINE_TESTS for seed in seeds):
        first, last = SPINE_TESTS[0], SPINE_TESTS[-1]
        raise InputError(
            f"Simulated spines with seeds {first} to {last} are for tests: train on those of another --seed."
        )
