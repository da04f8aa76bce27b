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
from orthoai.models.store import Model
from orthoai.provenance import library_versions
from orthoai.segment.device import Device, choose

SCHEMA_VERSION = 1
"""Of every benchmark's file."""


def measured_on(device: Device) -> dict[str, Any]:
    """What every benchmark's file begins with: when, by which version, with which libraries, on which computer.

    Args:
        device: where the measured networks run.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "orthoai_version": __version__,
        "libraries": library_versions(),
        "machine": machine(device),
        "python": sys.version.split()[0],
    }


def network_device(model: Model, device: str) -> Device:
    """Where the networks of ``model`` run: ONNX Runtime's on the processor in float32, whatever ``device`` says.

    Raises:
        InputError: no such device.
    """
    chosen = choose(device)
    onnx_only = all(network.file.endswith(".onnx") for network in model.metadata.networks.values())
    return Device() if onnx_only else chosen


def machine(device: Device) -> str:
    """The computer and the precision, in one line."""
    place = torch.cuda.get_device_name() if device.name == "cuda" else f"{torch.get_num_threads()} threads"
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}; {device.name} ({place}), {device.precision}"


def processor() -> str:
    """The processor's name where the system tells it, else its kind."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
