"""Classify vertebral fractures: CT to fractured vertebrae, their classes, heights and grades (Yang et al. 2025)."""

from orthoai.tasks.ovf.task import TASK

__all__ = ["TASK"]
