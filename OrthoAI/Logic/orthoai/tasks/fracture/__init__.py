"""Segment spine fractures: CT to a mask of the bodies of fractured vertebrae (Saeed et al. 2024)."""

from orthoai.tasks.fracture.task import TASK

__all__ = ["TASK"]
