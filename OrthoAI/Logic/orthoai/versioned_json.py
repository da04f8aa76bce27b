"""JSON that says which version of its schema it follows."""

from __future__ import annotations

import json
from typing import Any

from orthoai.errors import InputError, OutOfReach
from orthoai.foreign_json import JSON_ERRORS


def read_versioned(text: str, name: str, version: int, remedy: str) -> dict[str, Any]:
    """The content of ``text``.

    Args:
        name: of the file, for the sentence.
        version: that "schema_version" must have.
        remedy: what to do otherwise, such as "run the task again".

    Raises:
        OutOfReach: a newer version.
        InputError: no JSON, or an older version.
    """
    try:
        content = json.loads(text)
    except JSON_ERRORS as error:
        raise InputError(f"This {name} is damaged (no valid JSON); {remedy}.") from error
    found = content.get("schema_version") if isinstance(content, dict) else None
    if type(found) is int and found > version:
        raise OutOfReach(
            f"This {name} has schema version {found}, and this OrthoAI reads up to {version}; install a newer OrthoAI."
        )
    if found != version:
        raise InputError(f"This {name} has schema version {found}, and this OrthoAI reads version {version}; {remedy}.")
    plain: dict[str, Any] = content
    return plain
