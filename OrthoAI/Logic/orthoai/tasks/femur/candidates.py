"""From the detector's boxes in one view to at most one box per bone. One rule, one function; none looks at the side.

Sizes are generous bounds of adult anatomy: a femur is up to 55 cm long, its box up to some 25 cm wide when the leg is
spread, and the femora lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable

from orthoai.tasks.femur.view_box import ViewBox

DUPLICATE_IOU = 0.5
"""Two boxes that agree this well show the same bone."""

SAME_COLUMN = 0.3
"""Boxes that share this part of the narrower one's width lie in one leg."""

WIDEST_MM = 260.0
"""A wider box holds more than one femur."""

COVERED = 0.7
"""Part of a box that must lie inside a wider one for the wider one to count as covering it."""

LONGEST_MM = 600.0
"""Pieces that together are longer than this are not one femur."""

LONGEST_GAP_MM = 80.0
"""Pieces of one femur lie no further apart: a stem or a nail hides a part of the shaft, not all of it."""

PIECE_SCORE = 0.5
"""A piece counts when it scores at least this part of the best piece; the tibia below a sure femur does not."""


def clean_view(boxes: Iterable[ViewBox], lengthwise: bool, confidence: float = 0.0) -> list[ViewBox]:
    """One box per bone in one view, the best score first.

    Args:
        boxes: all that the detector found in the view.
        lengthwise: True for the coronal view, which shows the femora in their length.
        confidence: smallest score that counts.
    """
    return merge_pieces(drop_duplicates(drop_spanning(drop_weak(boxes, confidence))), lengthwise)


def drop_weak(boxes: Iterable[ViewBox], confidence: float) -> list[ViewBox]:
    """Without boxes that score below ``confidence`` or have no area; the best score first."""
    kept = [box for box in boxes if box.score >= confidence and box.area > 0]
    return sorted(kept, key=lambda box: -box.score)


def drop_spanning(boxes: list[ViewBox]) -> list[ViewBox]:
    """Without boxes around both femora: too wide for one, and covering two others that lie apart."""

    def spans_two(box: ViewBox) -> bool:
        if box.x.length <= WIDEST_MM:
            return False
        inside = [
            other
            for other in boxes
            if other.x.length < box.x.length and other.x.shared(box.x) >= COVERED * other.x.length
        ]
        return any(a.x.overlap(b.x) < SAME_COLUMN for n, a in enumerate(inside) for b in inside[n + 1 :])

    return [box for box in boxes if not spans_two(box)]


def drop_duplicates(boxes: list[ViewBox]) -> list[ViewBox]:
    """Of boxes over the same place, whatever their class, the best-scored one. ``boxes`` are sorted by score."""
    kept: list[ViewBox] = []
    for box in boxes:
        if all(box.iou(better) < DUPLICATE_IOU for better in kept):
            kept.append(box)
    return kept


def merge_pieces(boxes: list[ViewBox], lengthwise: bool) -> list[ViewBox]:
    """Boxes in one leg become one: pieces are joined to the best-scored one, the rest is dropped.

    Metal shows brighter than bone and can break a femur into a hip part and a knee part. ``boxes`` are sorted by score.
    """
    bones: list[ViewBox] = []
    for box in boxes:
        owner = next((n for n, bone in enumerate(bones) if _same_leg(bone, box, lengthwise)), None)
        if owner is None:
            bones.append(box)
        elif _is_piece(bones[owner], box):
            bones[owner] = bones[owner].merged(box)
    return bones


def _same_leg(bone: ViewBox, box: ViewBox, lengthwise: bool) -> bool:
    if bone.x.overlap(box.x) >= SAME_COLUMN:
        return True
    # Two femora begin and end at about the same height. Boxes of one class one below the other are one slanting femur.
    slanting = lengthwise and bone.label == box.label and bone.along.overlap(box.along) < SAME_COLUMN
    return slanting and _near(bone, box)


def _near(bone: ViewBox, box: ViewBox) -> bool:
    return -bone.x.shared(box.x) <= LONGEST_GAP_MM and -bone.along.shared(box.along) <= LONGEST_GAP_MM


def _is_piece(bone: ViewBox, box: ViewBox) -> bool:
    whole = bone.merged(box)
    return (
        box.score >= PIECE_SCORE * bone.score
        and _near(bone, box)
        and whole.along.length <= LONGEST_MM
        and whole.x.length <= WIDEST_MM
    )
