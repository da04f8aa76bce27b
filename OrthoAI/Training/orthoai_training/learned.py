"""Which reviewed cases a training learns from, and the note of it in the run's folder: a later call goes on with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from orthoai.dataset.identity import case_id
from orthoai.dataset.layout import IMAGE_KEY, REVISION_KEY, TASK_KEY
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.models.card import read_card
from orthoai.models.hashing import file_sha256
from orthoai.models.learned import LearnedFrom, Revisions, joined
from orthoai.output import made_folder

from orthoai_training.dataset import CaseFolder, has_verdict
from orthoai_training.earlier_run import REQUEST_FILE
from orthoai_training.text_files import read_json, write_json

LEARNED_KEY = "learned_from"
"""Key of REQUEST_FILE: by each network's role, as a model's card has it."""

SEED_KEY = "seed"
"""Key of case.json that a simulated case has, and no other."""


def learned_from(train: Iterable[CaseFolder], validation: Iterable[CaseFolder]) -> LearnedFrom:
    """The reviewed ones among the cases that train and validate. Simulated ones are of nobody.

    Of others, such as one's own without a review, nobody can tell later which they were.
    """
    taught, held_out = ([_revision(case) for case in cases] for cases in (train, validation))
    parts = [None if each is None else LearnedFrom(train=each) for each in taught]
    parts += [None if each is None else LearnedFrom(validation=each) for each in held_out]
    return joined(parts)


def note_learned(folder: Path, role: str, parts: Iterable[LearnedFrom | None], goes_on: bool) -> None:
    """Before a network learns: note in its run's ``folder`` what it then has learned from.

    Args:
        role: of the network, in the model's card.
        parts: the cases of this call, and what each network that it goes on from learned from; None for one that does
            not say it.
        goes_on: whether an earlier call has begun to train it: what that noted stays, and where it noted nothing, as
            before there was such a note, nobody knows all of it.
    """
    content = read_json(folder / REQUEST_FILE)
    content = content if isinstance(content, dict) else {}
    earlier = [noted(folder, role)] if goes_on else []
    by_role = {**_by_role(content), role: joined([*earlier, *parts]).to_json()}
    write_json(made_folder(folder) / REQUEST_FILE, {**content, LEARNED_KEY: by_role})


def noted(folder: Path, role: str) -> LearnedFrom | None:
    """What :func:`note_learned` noted in ``folder`` of the network of that ``role``; None where it did not."""
    try:
        return LearnedFrom.from_json(_by_role(read_json(folder / REQUEST_FILE))[role])
    except JSON_ERRORS:
        return None


def learned_by(file: Path) -> LearnedFrom | None:
    """What the network in ``file`` learned from, which lies in a model's folder or in that of its training and is
    called as its role; None where nothing there says it.
    """
    try:
        networks = read_card(file.parent).networks.values()
    except InputError:
        return noted(file.parent, file.stem)
    own = (network for network in networks if network.file == file.name and network.sha256 == file_sha256(file))
    return next((network.learned_from for network in own), None)


def _by_role(content: Any) -> dict[str, Any]:
    entry = content.get(LEARNED_KEY) if isinstance(content, dict) else None
    return entry if isinstance(entry, dict) else {}


def _revision(case: CaseFolder) -> Revisions | None:
    """The name of a reviewed case, whatever its folder is called by now, and its revision; nothing for a simulated one,
    and None for any other.
    """
    meta = case.meta
    if not has_verdict(meta):
        return {} if SEED_KEY in meta else None
    task, sha256, revision = meta.get(TASK_KEY), meta.get(IMAGE_KEY), meta.get(REVISION_KEY)
    if not isinstance(task, str) or not isinstance(sha256, str) or type(revision) is not int:
        return None
    return {case_id(task, sha256): (revision,)}
