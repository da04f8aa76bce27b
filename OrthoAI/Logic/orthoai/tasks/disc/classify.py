"""Classification: disc crops to grades, averaged over an ensemble whose disagreement is the uncertainty (Sayed et al.
2025, "Classification")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.models.store import Model
from orthoai.tasks.disc.crop import CROP_SHAPE, DiscCrop
from orthoai.tasks.disc.gradcam import grad_cam
from orthoai.tasks.disc.grades import PFIRRMANN_GRADES, DiscGrades
from orthoai.tasks.disc.session import Member, ensemble

LOGITS, FEATURES, SLOPES = "logits", "features", "slopes"
"""Outputs of a classifier: logits (B, 7), the last feature maps (B, K, h, w), and the change of each logit per change
of each map's mean (B, 7, K)."""

HERNIATION, BULGE = 0, 1
"""Logits of yes or no; those of the Pfirrmann grades follow."""

FIRST_GRADE = 2

LOGIT_COUNT = FIRST_GRADE + len(PFIRRMANN_GRADES)


@dataclass(frozen=True)
class _Votes:
    """Of every member: ``herniation`` and ``bulge`` (M, B), ``pfirrmann`` (M, B, 5), and the members' shares (M,)."""

    herniation: NDArray[np.float64]
    bulge: NDArray[np.float64]
    pfirrmann: NDArray[np.float64]
    shares: NDArray[np.float64]

    def grades(self, index: int) -> DiscGrades:
        """The average over the members for one crop, and how far they differ."""
        first, second, third, fourth, fifth = (float(share) for share in self.shares @ self.pfirrmann[:, index])
        return DiscGrades(
            herniation=float(self.shares @ self.herniation[:, index]),
            bulge=float(self.shares @ self.bulge[:, index]),
            pfirrmann=(first, second, third, fourth, fifth),
            herniation_spread=self._spread(self.herniation[:, index]),
            bulge_spread=self._spread(self.bulge[:, index]),
        )

    def _spread(self, values: NDArray[np.float64]) -> float:
        return float(np.sqrt(self.shares @ (values - self.shares @ values) ** 2))


class Classifier:
    """Grades of disc crops; implements :class:`orthoai.tasks.disc.engines.Grader`.

    Args:
        members: the networks and their shares.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)

    def grade(self, crops: Sequence[DiscCrop]) -> list[DiscGrades]:
        """Grades of each crop, in order."""
        if not crops:
            return []
        batch = _batch(crops)
        logits = np.stack([member.network(batch, [LOGITS])[0] for member in self._members]).astype(np.float64)
        votes = _Votes(
            herniation=_sigmoid(logits[..., HERNIATION]),
            bulge=_sigmoid(logits[..., BULGE]),
            pfirrmann=_softmax(logits[..., FIRST_GRADE:]),
            shares=np.array([member.share for member in self._members]),
        )
        return [votes.grades(index) for index in range(len(crops))]

    def heat_map(self, crop: DiscCrop, logit: int = HERNIATION) -> NDArray[np.float32]:
        """What in ``crop`` decides a logit, for or against (Grad-CAM): CROP_SHAPE, 0..1; all 0 where nothing does."""
        total = np.zeros(CROP_SHAPE, np.float32)
        for member in self._members:
            features, slopes = member.network(_batch([crop]), [FEATURES, SLOPES])
            total += np.float32(member.share) * grad_cam(features[0], slopes[0, logit], CROP_SHAPE)
        peak = total.max()
        return total / peak if peak > 0 else total


def load_classifier(model: Model) -> Classifier:
    """The classifiers of a model: the role "classifier", and "classifier_..." for further ones.

    Raises:
        InputError: the model has none, or a damaged one.
    """
    return Classifier(ensemble(model, "classifier"))


def _batch(crops: Sequence[DiscCrop]) -> NDArray[np.float32]:
    return np.stack([crop.pixels for crop in crops])[:, None].astype(np.float32)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logits))


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
