"""Where a case comes from, and its JSON form (case.json)."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from orthoai.dataset.layout import META_FILE
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS, take, take_labels
from orthoai.review import Verdict
from orthoai.versioned_json import read_versioned

LINEAGE_SCHEMA_VERSION = 1
"""Raised when a key of case.json changes its meaning or goes away."""


@dataclass(frozen=True)
class Lineage:
    """Where a case comes from.

    Attributes:
        task: whose labels it has.
        group: the subject, as an anonymous key.
        input_sha256: of the file or files that were reviewed.
        modality: "CT", "MR" or "".
        labels: name by value in labels.nii.gz.
        model_name, model_sha256: what made the result that was reviewed.
        orthoai_version: of the engine that ran it.
        reviewer: as the person wrote it.
        verdict: approved or corrected.
        revision: 1 for the first that the data set got.
        parent_revision: the one that it replaced; None for the first.
        created: UTC time of the review.
        files: sha256 by file name.
    """

    task: str
    group: str
    input_sha256: str
    modality: str
    labels: dict[int, str]
    model_name: str
    model_sha256: dict[str, str]
    orthoai_version: str
    reviewer: str
    verdict: Verdict
    revision: int
    parent_revision: int | None
    created: str
    files: dict[str, str]

    def to_json(self) -> str:
        """As case.json has it (schema LINEAGE_SCHEMA_VERSION)."""
        content = {"schema_version": LINEAGE_SCHEMA_VERSION, **asdict(self)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Lineage:
        """Undo :meth:`to_json`; InputError for anything else."""
        content = read_versioned(text, META_FILE, LINEAGE_SCHEMA_VERSION, "export the review again")
        try:
            return cls(
                task=_plain_name(content, "task"),
                group=take(content, "group", str),
                input_sha256=take(content, "input_sha256", str),
                modality=take(content, "modality", str),
                labels=take_labels(content),
                model_name=take(content, "model_name", str),
                model_sha256=_digests(content, "model_sha256"),
                orthoai_version=take(content, "orthoai_version", str),
                reviewer=take(content, "reviewer", str),
                verdict=Verdict(take(content, "verdict", str)),
                revision=take(content, "revision", int),
                parent_revision=None if content["parent_revision"] is None else take(content, "parent_revision", int),
                created=take(content, "created", str),
                files=_digests(content, "files"),
            )
        except JSON_ERRORS as error:
            raise InputError(f"This {META_FILE} is incomplete ({error}); export the review again.") from error


def _plain_name(content: dict[str, Any], key: str) -> str:
    """A name that an export may call a folder."""
    name: str = take(content, key, str)
    if not re.fullmatch(r"[\w-]{1,64}", name):
        raise ValueError(f'"{key}" is not a plain name')
    return name


def _digests(content: dict[str, Any], key: str) -> dict[str, str]:
    digests: dict[str, str] = take(content, key, dict)
    if not all(isinstance(digest, str) for digest in digests.values()):
        raise ValueError(f'"{key}" holds what is no SHA-256')
    return digests
