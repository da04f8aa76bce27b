"""Which models learned from a reviewed case: to be asked when nobody stands behind it any longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orthoai.models.card import CARD_NAME
from orthoai.models.learned import Revisions
from orthoai.models.store import Model, ModelStore
from orthoai.output import hidden_name_of

NOT_RECORDED = "not recorded"
"""Said of a model of which nobody can tell, never "no"."""

NO = "did not learn from it"


@dataclass(frozen=True)
class Taught:
    """What one model has of one case.

    Attributes:
        train, validation: revisions of the case that taught, and that validated, each network, by its role.
        whole: whether the card names all reviewed cases.
    """

    model: Model
    train: Mapping[str, tuple[int, ...]]
    validation: Mapping[str, tuple[int, ...]]
    whole: bool

    @classmethod
    def of(cls, model: Model, case: str) -> Taught:
        """As the card of ``model`` says of the case of that name."""
        told = {role: network.learned_from for role, network in model.metadata.networks.items()}
        known = {role: learned for role, learned in told.items() if learned is not None}
        return cls(
            model,
            _having(case, {role: learned.train for role, learned in known.items()}),
            _having(case, {role: learned.validation for role, learned in known.items()}),
            all(learned is not None and learned.whole for learned in told.values()),
        )

    @property
    def has_it(self) -> bool:
        """Whether the case is named."""
        return bool(self.train or self.validation)

    @property
    def is_clear(self) -> bool:
        """Whether the model certainly has nothing of the case."""
        return self.whole and not self.has_it

    @property
    def words(self) -> str:
        """Such as "learned from revision 2 (segmenter)"."""
        told = [("learned from", self.train), ("validated on", self.validation)]
        found = [f"{verb} {_told(part)}" for verb, part in told if part]
        return "; ".join(found) or (NO if self.whole else NOT_RECORDED)


def models_in(folders: Iterable[Path]) -> ModelStore:
    """The installed models, and all that lie in ``folders`` at any depth, such as those of training runs."""
    installed = ModelStore.default()
    cards = (card for folder in folders for card in sorted(folder.rglob(CARD_NAME)) if not hidden_name_of(card.parent))
    # Whole: one that is installed from there would be told twice.
    found = dict.fromkeys(root.resolve() for root in (*installed.roots, *(card.parent for card in cards)))
    return ModelStore(tuple(found), installed.required)


def taught_by(case: str, store: ModelStore) -> Iterator[Taught]:
    """What each model in ``store`` has of the case of that name."""
    return (Taught.of(model, case) for model in store.all())


def told_of_installed(case: str) -> list[str]:
    """Of each installed model that has something of the case of that name, or may have, what it has; none for none."""
    found = taught_by(case, ModelStore.default())
    return [f"{taught.model.name} ({taught.words})" for taught in found if not taught.is_clear]


def _having(case: str, parts: Mapping[str, Revisions]) -> dict[str, tuple[int, ...]]:
    return {role: part[case] for role, part in parts.items() if case in part}


def _told(part: Mapping[str, tuple[int, ...]]) -> str:
    numbers = sorted({number for revisions in part.values() for number in revisions})
    many = "s" if len(numbers) > 1 else ""
    return f"revision{many} {' and '.join(map(str, numbers))} ({', '.join(part)})"
