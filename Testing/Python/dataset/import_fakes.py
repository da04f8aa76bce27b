"""Labeled pictures as annotation tools write them, made here by the formats' own definitions."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from dataset_fakes import filled
from hypothesis import strategies as st
from numpy.typing import NDArray
from orthoai.dataset.exporters.pictures import Picture
from orthoai.dataset.importers import get_importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.progress import Progress
from PIL import Image

SIZE = (60, 80)
"""H, W of the made-up pictures."""

NAMES = ("crush", "wedge", "biconcave", "normal")

SQUARE = np.array([(10, 10), (30, 10), (30, 25), (10, 25)], float)
"""Corners of a rectangle, in pixel edges."""

AWAY = SQUARE + np.array((30, 20))
"""Those of another one, which does not touch it."""

ONE = [("wedge", SQUARE)]
"""The objects of a picture that shows one thing."""

Object = tuple[str, NDArray[np.float64]]
"""Class and corners (N, 2) in pixel edges."""


def pixels(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, SIZE, np.uint8)


def png(values: NDArray, kind: str = "PNG") -> bytes:
    stream = BytesIO()
    Image.fromarray(values).save(stream, kind)
    return stream.getvalue()


def base64_png(values: NDArray) -> str:
    return base64.b64encode(png(values)).decode()


def labelme(objects: list[Object], **changes: Any) -> dict[str, Any]:
    """A LabelMe file with its picture embedded."""
    shapes = [
        {"label": name, "points": corners.tolist(), "shape_type": "polygon", "group_id": None, "flags": {}}
        for name, corners in objects
    ]
    content = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "a.png", "imageData": None}
    return content | {"imageHeight": SIZE[0], "imageWidth": SIZE[1]} | changes


def coco(objects: list[Object], **changes: Any) -> dict[str, Any]:
    """A COCO file of one picture; categories are numbered from 1 as COCO's own."""
    annotations = [
        {
            "id": n,
            "image_id": 7,
            "category_id": NAMES.index(name) + 1,
            "segmentation": [corners.ravel().tolist()],
            "bbox": [*corners.min(axis=0).tolist(), *np.ptp(corners, axis=0).tolist()],
            "iscrowd": 0,
        }
        for n, (name, corners) in enumerate(objects)
    ]
    categories = [{"id": n + 1, "name": name} for n, name in enumerate(NAMES)]
    images = [{"id": 7, "file_name": "a.png", "width": SIZE[1], "height": SIZE[0]}]
    return {"images": images, "annotations": annotations, "categories": categories} | changes


def runs_of(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """COCO's uncompressed run lengths: columns one after the other, zeros first."""
    flat = mask.T.ravel()
    ends = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *ends, flat.size]).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}


def packed(runs: dict[str, Any]) -> dict[str, Any]:
    """The same as COCO's tools compress them: differences, five bits a character, the lowest first."""
    counts, text = runs["counts"], ""
    for place, count in enumerate(counts):
        number = count - counts[place - 2] if place > 2 else count
        while not -16 <= number < 16:
            text += chr(48 + (32 | number & 31))
            number >>= 5
        text += chr(48 + (number & 31))
    return runs | {"counts": text}


def save(folder: Path, name: str, content: dict[str, Any] | str, picture: NDArray | None = None) -> Path:
    """``content`` as a file called ``name``, beside a.png when there is a ``picture``."""
    folder.mkdir(parents=True, exist_ok=True)
    if picture is not None:
        (folder / "a.png").write_bytes(png(picture))
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def read(kind: str, source: Path, classes: ClassTable | None = None) -> list[Picture]:
    return list(get_importer(kind).read(source, classes or ClassTable(), Progress()))


def painted(corners: NDArray) -> NDArray[np.bool_]:
    return filled(corners, SIZE)


@st.composite
def polygons(draw: st.DrawFn) -> Object:
    """A star-shaped outline within the picture."""
    count = draw(st.integers(3, 12))
    center = np.array([draw(st.floats(25, 55)), draw(st.floats(22, 38))])
    radii = np.array(draw(st.lists(st.floats(3, 20), min_size=count, max_size=count)))
    angles = np.arange(count) * 2 * np.pi / count
    corners = center + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return draw(st.sampled_from(NAMES)), corners


annotations = st.lists(polygons(), min_size=1, max_size=4)


def outline(picture: Any) -> np.ndarray:
    """Of a picture that shows one thing."""
    (shape,) = picture.shapes
    return shape.outline
