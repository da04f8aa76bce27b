"""On what a figure was measured."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import torch
from orthoai.segment.device import choose


def machine(device: str) -> str:
    """The computer and the precision, in one line."""
    chosen = choose(device)
    place = torch.cuda.get_device_name() if chosen.name == "cuda" else f"{torch.get_num_threads()} threads"
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}; {chosen.name} ({place}), {chosen.precision}"


def processor() -> str:
    """The processor's name where the system tells it, else its kind."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
