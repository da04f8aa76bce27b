"""Where a case comes from, and its JSON form (case.json)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from orthoai.dataset.layout import META_FILE
from orthoai.errors import InputError
from orthoai.review import Verdict

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
        try:
            content = json.loads(text)
        except ValueError as error:
            raise InputError(f"This {META_FILE} is damaged (no valid JSON); export the review again.") from error
        version = content.pop("schema_version", None) if isinstance(content, dict) else None
        if version != LINEAGE_SCHEMA_VERSION:
            raise InputError(
                f"This {META_FILE} has schema version {version}, and this OrthoAI reads version "
                f"{LINEAGE_SCHEMA_VERSION}; export the review again."
            )
        try:
            labels = {int(value): str(name) for value, name in content.pop("labels").items()}
            return cls(labels=labels, verdict=Verdict(content.pop("verdict")), **content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"This {META_FILE} is incomplete ({error}); export the review again.") from error
