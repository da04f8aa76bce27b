"""What the task marks and what its findings may be called."""

from __future__ import annotations

from orthoai.spine.genant import BICONCAVE, CRUSH, NORMAL, UNCLEAR, WEDGE

__all__ = ["CLASSES", "FRACTURES", "NORMAL", "UNCLEAR"]

FRACTURES = (CRUSH, WEDGE, BICONCAVE)
"""The paper's classes, after Ismail et al. 1999; voxel values 1, 2, 3."""

CLASSES = (*FRACTURES, NORMAL)
"""In the network's order. "normal" bodies are our addition: they give the heights that their neighbors should have."""
