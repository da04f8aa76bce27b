"""Analyze lumbar discs: sagittal T2 MR to discs, their levels, grades, masks and measures (Sayed et al. 2025)."""

from orthoai.tasks.disc.task import TASK

__all__ = ["TASK"]
