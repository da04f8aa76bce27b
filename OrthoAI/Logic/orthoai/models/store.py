"""Where models are kept: folders, each with a card and weights."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orthoai.errors import InputError
from orthoai.models.card import CARD_NAME, Card, Network, read_card
from orthoai.models.hashing import file_sha256
from orthoai.output import hidden_name_of

ROOTS_VARIABLE = "ORTHOAI_MODELS"
"""Environment variable with models and folders of models, separated like PATH; they are searched first."""

SHIPPED_ROOT = Path(__file__).resolve().parents[3] / "Resources" / "Models"
"""The models that come with OrthoAI."""


@dataclass(frozen=True)
class Model:
    """One model of the store.

    Attributes:
        name: as in its card.
        folder: holds the card and the weights.
        metadata: the card.
    """

    name: str
    folder: Path
    metadata: Card

    def network(self, role: str) -> Network:
        """The network of a role, such as "detector". Raises InputError when the model has none."""
        try:
            return self.metadata.networks[role]
        except KeyError:
            raise InputError(f'The model "{self.name}" has no {role}: choose another model.') from None

    def weights(self, role: str) -> Path:
        """The weights file of a role, checked against its SHA-256. Raises InputError when it is missing or damaged."""
        network = self.network(role)
        path = self.folder / network.file
        try:
            actual = file_sha256(path)
        except FileNotFoundError:
            raise InputError(
                f'The model "{self.name}" is damaged: {network.file} is missing; install the model again.'
            ) from None
        except OSError as error:
            raise InputError(
                f"The weights {path} cannot be read ({error.strerror}): check its rights or install the model again."
            ) from error
        if actual != network.sha256:
            raise InputError(
                f'The model "{self.name}" is damaged: {network.file} does not match its SHA-256; '
                "install the model again."
            )
        return path

    def verify(self) -> None:
        """Check every weights file. Raises InputError for the first that is missing or damaged."""
        for role in self.metadata.networks:
            self.weights(role)

    @property
    def sha256(self) -> dict[str, str]:
        """Role to SHA-256 of its weights, as the card says."""
        return {role: network.sha256 for role, network in self.metadata.networks.items()}


@dataclass(frozen=True)
class ModelStore:
    """Folders that are a model or hold model folders.

    Args:
        roots: searched in order; of two models of one name the first counts. A root that does not exist is empty.
        required: those of the roots that a person named: each must have a model.

    Example:
        >>> ModelStore(()).list()
        []
    """

    roots: Sequence[Path]
    required: Sequence[Path] = ()

    @classmethod
    def default(cls) -> ModelStore:
        """The folders of ORTHOAI_MODELS, then the shipped one."""
        named = os.environ.get(ROOTS_VARIABLE, "").split(os.pathsep)
        roots = tuple(Path(root).expanduser() for root in named if root)
        return cls((*roots, SHIPPED_ROOT), roots)

    def list(self, task: str | None = None) -> list[Model]:
        """The models with a readable card, of one task or of all, by name."""
        found: dict[str, Model] = {}
        for model in self.all():
            if task is None or model.metadata.task == task:
                found.setdefault(model.name, model)
        return [found[name] for name in sorted(found)]

    def all(self) -> Iterator[Model]:
        """The models with a readable card, each folder once, those of a name that an earlier one has included."""
        for folder in dict.fromkeys(self._folders()):
            try:
                yield _model(folder)
            except InputError:
                continue

    def problems(self) -> dict[Path, str]:
        """Required roots without a model and folders whose card cannot be read, with the sentence that says so."""
        found = self._bad_roots()
        for folder in self._folders():
            try:
                read_card(folder)
            except InputError as error:
                found[folder] = str(error)
        return found

    def get(self, name: str) -> Model:
        """The model called ``name``, or the one in the folder at path ``name``.

        Raises InputError when there is none (with the names there are), when its card is damaged, or for a name where
        a required root has no model: the name would mean another model than the person expects.
        """
        if Path(name).name == name:
            for problem in self._bad_roots().values():
                raise InputError(problem)
        for folder in self._folders():
            try:
                model = _model(folder)
            except InputError:
                # A later model of this name must not stand in for it.
                if folder.name == name or folder in self.required:
                    raise
                continue
            if model.name == name:
                return model
        # A bare name is never a path, so that a folder in the working directory cannot stand in for a model.
        if Path(name).name != name and Path(name).is_dir():
            # Whole, so that the folder's own path names this model too: "./a" as a Path is "a", a name.
            return _model(Path(name).absolute())
        names = ", ".join(model.name for model in self.list())
        advice = f"available: {names}" if names else f"none is installed; set {ROOTS_VARIABLE} to a folder of models"
        path = f"; for the folder of that name give ./{name}" if Path(name).is_dir() else ""
        raise InputError(f'There is no model "{name}" ({advice}{path}).')

    def verify(self, name: str) -> Model:
        """The model called ``name`` with every weights file checked. Raises InputError as get and weights do."""
        model = self.get(name)
        model.verify()
        return model

    def _folders(self) -> Iterator[Path]:
        for root in self.roots:
            yield from _folders_of(root)

    def _bad_roots(self) -> dict[Path, str]:
        """Required roots without a model, with the sentence that says so."""
        found = {}
        for root in self.required:
            if not _folders_of(root):
                wrong = "has no model" if root.is_dir() else "is no folder"
                found[root] = f"{ROOTS_VARIABLE} names {root}, which {wrong}: correct it or leave it out."
        return found


def _folders_of(root: Path) -> list[Path]:
    """``root`` itself, where it is a model, and the model folders in it, but for those that are being written, or were
    when their training was killed.
    """
    try:
        folders = [root, *(path for path in sorted(root.iterdir()) if not hidden_name_of(path))]
    except OSError:
        return []
    return [folder for folder in folders if (folder / CARD_NAME).is_file()]


def _model(folder: Path) -> Model:
    card = read_card(folder)
    return Model(card.name, folder, card)
