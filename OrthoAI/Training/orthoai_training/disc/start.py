"""The model that a training of one role starts from, and the one that gives a new model its other roles."""

from __future__ import annotations

from pathlib import Path

from orthoai.errors import InputError
from orthoai.models.card import CARD_NAME
from orthoai.models.choose import task_model
from orthoai.models.store import Model
from orthoai.tasks.disc.session import member_roles
from orthoai.tasks.disc.task import DEFAULT_MODEL, NAME

MODEL_FOLDER = "model"
"""In the run folder."""

GOING_ON = 0.1
"""Of the recipe's learning rate, for a network that goes on from a model's weights.

Measured on validation patients of SPIDER. After some 40 steps on five other images, the shipped segmenter's Dice was
0.889 at the whole rate and 0.898 at this one (0.921 before); on a validation image of their own 0.900 and 0.923. After
15 epochs on 160 discs that told no grades, the classifier's kappa of the grades was 0.68 and 0.72 (0.73 before). After
80 steps on seven pictures as the model itself had marked them, the disc detector's box mAP50-95 was 0.740 and 0.795
(0.802 before).
"""


def disc_model(name: str) -> Model:
    """The model called ``name``, or in the folder ``name``, with whole weights.

    Raises:
        InputError: there is none, it is damaged, or a model of another task.
    """
    model = task_model(name, DEFAULT_MODEL, NAME)
    model.verify()
    return model


def base_model(out: Path, start: str | None) -> Model:
    """The model whose other roles a training in ``out`` takes over: ``start``, else what ``out`` holds from a training
    before (of the other detector), else the shipped one.

    Raises:
        InputError: as :func:`disc_model`, and for a damaged one in ``out``.
    """
    if start is not None:
        return disc_model(start)
    own = (out / MODEL_FOLDER).absolute()
    if not (own / CARD_NAME).is_file():
        return disc_model(DEFAULT_MODEL)
    try:
        return disc_model(str(own))
    except InputError as error:
        raise InputError(
            f"{own} is no whole model of {NAME}, whose other networks would be taken over: name another model with "
            "--start and remove that one, or choose another --out."
        ) from error


def first_weights(model: Model, role: str, architecture: str, members: int = 1) -> list[Path | None]:
    """For each of ``members`` networks of ``role``, the file in ``model`` whose weights it goes on from.

    More members than the model has begin with the same files again. None for all where its networks are of another
    ``architecture``, or it has none.
    """
    networks = model.metadata.networks
    alike = [name for name in member_roles(networks, role) if networks[name].architecture == architecture]
    return [model.weights(alike[member % len(alike)]) if alike else None for member in range(members)]


def members_of(start: str | None, role: str) -> int:
    """How many networks of ``role`` a training makes where nobody says: as many as ``start`` has, else one.

    Raises:
        InputError: as :func:`disc_model`.
    """
    return 1 if start is None else max(1, len(member_roles(disc_model(start).metadata.networks, role)))


def check_start(start: str | None, makes_model: bool) -> None:
    """Raises InputError for a ``start`` of networks that are only measured.

    Patients that such networks are measured on may have trained the model.
    """
    if start is not None and not makes_model:
        raise InputError(
            "Networks of a cross-validation, of whole pictures, and the paper's segmenters are only measured and "
            "become no model: leave out --start."
        )
