"""Training slices in memory, and the random crops that are drawn from them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.tasks.disc.picture import normalized
from torch import Tensor

from orthoai_training.disc.data.volumes import VolumeCase
from orthoai_training.disc.segmentation.geometry import crop_grid
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.learning.intensity import changed

IGNORED = 255
"""Label of pixels that no loss looks at."""


@dataclass(frozen=True)
class LabeledSlices:
    """One case.

    Attributes:
        image: (S, H, W) 0..1, each slice normalized; float16 holds gray values to a thousandth in half the memory.
        labels: (S, H, W), 0..3 or IGNORED.
        reach: slices to the farthest one that a crop shows beside its own; None leaves that to the recipe.
    """

    image: NDArray[np.float16]
    labels: NDArray[np.uint8]
    reach: int | None = None

    @classmethod
    def of(cls, case: VolumeCase) -> LabeledSlices:
        """The slices of a volume on their own pixels: SPIDER's 0.703 mm pass for 0.7, which the random zoom covers."""
        image = np.stack([normalized(plane) for plane in case.image]).astype(np.float16)
        return cls(image, case.labels)

    def shrunk(self, times: float) -> LabeledSlices:
        """The same slices with pixels ``times`` as large; labels are those of the nearest pixel."""
        if times == 1:
            return self
        size = shrunk_size((self.image.shape[1], self.image.shape[2]), times)
        image = resized(torch.from_numpy(self.image.astype(np.float32))[:, None], size)[:, 0]
        labels = torch.from_numpy(self.labels)[:, None]
        nearest = torch.nn.functional.interpolate(labels, size, mode="nearest-exact")[:, 0]
        return LabeledSlices(image.numpy().astype(np.float16), nearest.numpy(), self.reach)


@dataclass(frozen=True)
class Crops:
    """A batch: ``image`` (B, 3, H, W) float32 0..1, ``labels`` (B, H, W) int64."""

    image: Tensor
    labels: Tensor


def shrunk_size(size: tuple[int, int], times: float) -> tuple[int, int]:
    """Pixels (rows, columns) of a slice of ``size`` whose pixels become ``times`` as large."""
    return max(1, round(size[0] / times)), max(1, round(size[1] / times))


def resized(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """``pictures`` (B, C, H, W) at another size, smoothed where they shrink."""
    return torch.nn.functional.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)


def with_neighbors(image: NDArray, index: int, step: int) -> NDArray[np.float32]:
    """Slice ``index`` between those ``step`` before and after it: (3, H, W); past the ends, the end slice."""
    picks = np.clip([index - step, index, index + step], 0, len(image) - 1)
    return image[picks].astype(np.float32)


def crop_batches(
    cases: Sequence[LabeledSlices], recipe: SliceRecipe, seed: int, first_step: int = 0
) -> Generator[Crops, None, None]:
    """Batches without end; batch n depends on the seed and n alone, so that a resumed run goes on as it would have."""
    places = [(case, index) for case in cases for index in range(len(case.image))]
    step = first_step
    while True:
        random = np.random.default_rng((seed, step))
        picks = random.choice(len(places), recipe.batch, replace=recipe.batch > len(places))
        chosen = (places[pick] for pick in picks)
        yield _stacked([_crop(case, index, recipe, random) for case, index in chosen], recipe, random)
        step += 1


def _stacked(crops: Iterable[tuple[Tensor, Tensor]], recipe: SliceRecipe, random: np.random.Generator) -> Crops:
    images, labels = zip(*crops, strict=True)
    return Crops(changed(torch.stack(images), recipe.augmentation, random), torch.stack(labels))


def _crop(case: LabeledSlices, index: int, recipe: SliceRecipe, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Image (3, H, W) and labels (H, W) of one random crop."""
    augmentation = recipe.augmentation
    step = 0
    if random.random() >= augmentation.single_probability:
        # Either side may come first: which side is left is not known in the set.
        least, most = augmentation.neighbor_steps
        most = most if case.reach is None else max(least, min(most, case.reach))
        step = int(random.integers(least, most, endpoint=True)) * int(random.choice((-1, 1)))
    source = torch.from_numpy(with_neighbors(case.image, index, step))
    labels = torch.from_numpy(case.labels[index].astype(np.float32))
    grid = crop_grid((source.shape[1], source.shape[2]), recipe.crop, augmentation, random)
    image = torch.nn.functional.grid_sample(source[None], grid, align_corners=False)[0]
    found = torch.nn.functional.grid_sample(labels[None, None], grid, mode="nearest", align_corners=False)[0, 0]
    return image, found.long()
