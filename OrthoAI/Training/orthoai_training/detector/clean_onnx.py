"""Exported networks without traces of the machine that exported them."""

from __future__ import annotations

import json
from pathlib import Path


def write_clean_onnx(source: Path, target: Path, labels: list[str], image_size: int) -> None:
    """Copy an exported network, with metadata that says what a user needs and holds no path, date or machine."""
    import onnx

    network = onnx.load(source)
    kept = {entry.key: entry.value for entry in network.metadata_props if entry.key in ("license", "version", "author")}
    del network.metadata_props[:]
    kept |= {"labels": json.dumps(labels), "image_size": str(image_size)}
    for key in sorted(kept):
        entry = network.metadata_props.add()
        entry.key, entry.value = key, kept[key]
    # Node names and traces of Python files are of no use at run time, and the traces hold paths.
    for node in network.graph.node:
        node.doc_string = ""
    network.doc_string = ""
    onnx.save(network, target)
