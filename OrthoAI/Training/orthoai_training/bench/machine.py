"""On what a figure was measured."""

from __future__ import annotations

import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from orthoai import __version__
from orthoai.provenance import library_versions
from orthoai.segment.device import choose

SCHEMA_VERSION = 1
"""Of every benchmark's file."""


def measured_on(device: str) -> dict[str, Any]:
    """What every benchmark's file begins with: when, by which version, with which libraries, on which computer."""
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "orthoai_version": __version__,
        "libraries": library_versions(),
        "machine": machine(device),
        "python": sys.version.split()[0],
    }


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
