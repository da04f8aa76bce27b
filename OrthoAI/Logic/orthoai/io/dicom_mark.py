"""How a DICOM file begins (PS3.10, section 7.1): 128 bytes of any content, then four letters."""

from __future__ import annotations

MARK = b"DICM"

MARK_AT = 128

HEAD_BYTES = MARK_AT + len(MARK)
"""Of a file, from its beginning, that show the mark."""


def is_marked(head: bytes) -> bool:
    """Whether a file that begins with ``head`` bears the mark; old DICOM files do not."""
    return head[MARK_AT:HEAD_BYTES] == MARK
