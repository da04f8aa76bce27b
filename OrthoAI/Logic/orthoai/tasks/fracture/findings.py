"""What the run says about one fractured body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orthoai.finding import Finding, Measurement, Place
from orthoai.spine.chain import UNNAMED
from orthoai.spine.genant import LEAST_LOSS, UNCLEAR, reaches
from orthoai.spine.given_boxes import boxes_text, none_found, rest_unjudged
from orthoai.spine.measured import DISAGREE, LOOK_AGAIN, NETWORK_ALONE, MeasuredBody, look_again_at
from orthoai.spine.worst_first import LIKELY
from orthoai.tasks.fracture.engines import Engines
from orthoai.tasks.fracture.task import FRACTURE
from orthoai.tasks.fracture.vote import VotedBody

PLANES_DISAGREE = "sagittal_and_axial_disagree"
"""Flag: the planes differ by more than DIFFERENT on the mean."""

DIFFERENT = 0.4

SUSPICION = "suspicion"
"""What a body is called that looks fractured and is not low enough, or has no heights at all."""

HEIGHTS_SHOW_NONE = "the network sees a fracture, the heights show none"
"""Why to look again at what looks fractured and has lost too little height."""

SHAPELESS = "no heights can be measured, as in parts of a hip"
"""Why to look again at what looks fractured and lacks the endplates of a vertebral body."""


@dataclass(frozen=True, eq=False)
class CalledBody:
    """A body that gets a finding.

    Attributes:
        label: "fracture", or "unclear" where heights contradict the network or there are none: told, but not marked.
        probability: of a fracture.
        is_likely: whether that is enough for a finding, without a box that asks for one.
    """

    body: MeasuredBody[VotedBody]
    label: str
    probability: float
    is_likely: bool


def label_of(body: MeasuredBody[VotedBody], probability: float, engines: Engines, is_spine: bool) -> str | None:
    """What ``body`` is called, whose vote and heights give a fracture this ``probability``; None for a sound one.

    "unclear" is one that the network calls fractured though it has lost next to no height, or so little that both
    together call it sound, or though it lacks the endplates of a vertebral body.

    Args:
        is_spine: whether any body on the line has endplates; without them, ``body`` is not taken for one that is cut.
    """
    grading = body.grading
    if probability >= engines.likely:
        if body.size is None and not (body.is_cut and is_spine):
            return UNCLEAR
        return FRACTURE if grading is None or reaches(grading.loss, LEAST_LOSS) else UNCLEAR
    return UNCLEAR if grading is not None and engines.evidence.vote(body.body.score) >= LIKELY else None


def finding(called: CalledBody, number: int, cm3: float, slice_index: int) -> Finding:
    """The finding of one body.

    Args:
        number: of those with its label from the lowest upward, from 1.
        cm3: its volume on the input's grid; in a given box, of the part that is marked.
        slice_index: of the input, that shows its center.
    """
    body, label = called.body, called.label
    voted = body.body
    flags = [PLANES_DISAGREE] if voted.apart is not None and voted.apart > DIFFERENT else []
    is_low = body.grading is None or body.grading.grade > 0
    if body.grading is not None and (label == UNCLEAR or (called.is_likely and not is_low)):
        flags += [LOOK_AGAIN, DISAGREE]
    elif called.probability < LIKELY or body.grading is None:
        flags.append(LOOK_AGAIN)
    return Finding(
        structure=f"{SUSPICION if label == UNCLEAR else FRACTURE}_{number}",
        label=label,
        probability=called.probability,
        uncertainty=voted.spread,
        measurements={"volume": Measurement(cm3, "cm3"), **body.measurements},
        place=Place(body.center, slice_index),
        flags=(*flags, *body.flags, UNNAMED),
    )


def message(findings: Sequence[Finding], asked: int = 0, is_shown: bool = True) -> str:
    """A few sentences for the user.

    Args:
        asked: boxes that a body was looked for in; what lies in one is marked, however unlikely, and no other is.
        is_shown: whether there may be a vertebra.
    """
    if asked and not findings:
        return none_found(asked)
    count = sum(each.label == FRACTURE for each in findings)
    if asked:
        bodies = "one vertebral body" if count == 1 else f"{count} vertebral bodies"
        found = f"Marked {bodies} in the {boxes_text(asked)}."
    elif not count:
        found = "No fractured vertebra found." if is_shown else "No vertebra found."
    else:
        found = "Found one fractured vertebral body." if count == 1 else f"Found {count} fractured vertebral bodies."
    without_loss = [each.structure for each in findings if DISAGREE in each.flags]
    others = [each for each in findings if LOOK_AGAIN in each.flags and DISAGREE not in each.flags]
    shapeless = [each.structure for each in others if each.label == UNCLEAR]
    others = [each for each in others if each.label != UNCLEAR]
    unsure = [each.structure for each in others if each.probability < LIKELY]
    alone = [each.structure for each in others if each.probability >= LIKELY]
    found += look_again_at(without_loss, HEIGHTS_SHOW_NONE)
    found += look_again_at(unsure, "less likely a fracture than not")
    found += look_again_at(alone, NETWORK_ALONE)
    found += look_again_at(shapeless, SHAPELESS)
    return f"{found} {rest_unjudged(asked)}" if asked else found
