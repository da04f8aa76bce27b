"""What the network tells apart."""

from __future__ import annotations

CLASSES = ("crush", "wedge", "biconcave", "normal")
"""In class order. "normal" is our addition to the paper's three: it gives the neighbors' heights."""

FRACTURES = CLASSES[:3]
"""The classes of the paper (EVOSG, Ismail et al. 1999); labels 1, 2, 3 of the task."""
