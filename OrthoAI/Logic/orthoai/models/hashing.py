"""The fingerprint that tells whether a file is the one it claims to be."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHUNK_BYTES = 1 << 20
"""Bytes read at a time."""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes as 64 lower-case hex digits. Raises OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
