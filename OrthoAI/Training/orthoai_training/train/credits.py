"""Whom a model's card must name: the makers of the surfaces and CT that went into its simulated cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from orthoai_training.dataset import CaseFolder

CREDITS = {
    "vhf_lowerlimb": "Visible Human lower-limb surfaces, I. Devold et al., muscle-growth repository, CC BY 4.0 "
    "(https://github.com/ingvilddevold/muscle-growth); posed, scaled and deformed.",
    "comodo": "Femur surface of Comodo.jl, K. Moerman et al., Apache-2.0 "
    "(https://github.com/COMODO-research/Comodo.jl).",
    "libhip": "Proximal femora of libhip, F. Moshfeghifar et al., MIT (https://github.com/diku-dk/libhip).",
    "gfxmorph": "Femur and hip surfaces of gfxmorph, BSD-2-Clause (https://github.com/pygfx/gfxmorph).",
    "myosim": "Lower-limb surfaces of myo_sim, Apache-2.0 (https://github.com/MyoHub/myo_sim).",
    "vhm_lumbosacral": "Visible Human lumbosacral surfaces of artisynth_lumbosacralSpineModel, BSD-3-Clause "
    "(https://github.com/RemusR9/artisynth_lumbosacralSpineModel).",
    "ts_example": "Sample CT of TotalSegmentator, J. Wasserthal et al., Apache-2.0 "
    "(https://github.com/wasserth/TotalSegmentator); texture.",
    "tptbox_ct": "Sample CT of TPTBox, H. Moeller et al., Apache-2.0 "
    "(https://github.com/Hendrik-code/TPTBox); texture.",
}
"""By the folder that the surfaces or the CT lie in."""

SPIDER = "SPIDER, J. W. van der Graaf et al., Sci Data 2024, Zenodo 10159290, CC BY 4.0 (https://zenodo.org/records/10159290)"
"""Followed by what was made of it."""

FIRST = "First weights: "
"""Before the credits of the model that a training started from."""

EARLIER = re.compile(r"^(First weights[^:]*: )+")

SAME = {"vhm_lowerlimb": "vhf_lowerlimb"}
"""Folders of one maker."""


def credits_for(sources: Iterable[str]) -> tuple[str, ...]:
    """The lines for ``sources``, names or paths that hold a known folder's name; each line once, in a fixed order."""
    parts = {part for source in sources for part in str(source).replace("\\", "/").split("/")}
    known = {SAME.get(part, part) for part in parts}
    return tuple(line for folder, line in CREDITS.items() if folder in known)


def case_sources(cases: Iterable[CaseFolder]) -> list[str]:
    """Names of the real shapes and CT that simulated ``cases`` were made from, each once."""
    return sorted({str(name) for case in cases for key in ("shapes", "textures") for name in case.meta.get(key) or ()})


def first_credits(inherited: Sequence[str], own: Sequence[str]) -> list[str]:
    """The credits of the model that a training started from, each once, without those that are its ``own`` as well.

    Example:
        >>> first_credits(["First weights: First weights of the detectors: A", "B"], ["B"])
        ['First weights: A']
    """
    # Such a model may itself have started from another.
    bare = dict.fromkeys(EARLIER.sub("", line) for line in inherited)
    return [f"{FIRST}{line}" for line in bare if line not in own]
