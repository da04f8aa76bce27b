"""What the run says about one vertebra: its class, how sure that is, and the evidence beside it."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.finding import Finding, Place
from orthoai.models.calibration import Calibration
from orthoai.spine.chain import UNNAMED
from orthoai.spine.genant import CLEAR_LOSS, LEAST_LOSS, NORMAL
from orthoai.spine.measured import DISAGREE, LOOK_AGAIN, MeasuredBody
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.labels import FRACTURES, UNCLEAR

OvfBody = MeasuredBody[JoinedBody]


def label_of(body: OvfBody) -> str:
    """The network's class; "unclear" where that cannot stand.

    That is a body that it calls normal and that has clearly lost height, and one that it calls fractured and that has
    lost next to none, or is cut by the field of view: what is missing may be outside.
    """
    label = body.body.vote.label
    loss = None if body.grading is None else body.grading.loss
    if label == NORMAL:
        return UNCLEAR if loss is not None and loss >= CLEAR_LOSS else NORMAL
    return UNCLEAR if body.is_cut or (loss is not None and loss < LEAST_LOSS) else label


def finding(body: OvfBody, calibration: Calibration, place: Place) -> Finding:
    """The finding of one vertebra.

    Its probability is that of its class; for an "unclear" one, that of a fracture as the network sees it. A normal
    one, which only a given box asks for, gets one too.
    """
    vote, label = body.body.vote, label_of(body)
    score = sum(vote.shares[name] for name in FRACTURES) if label == UNCLEAR else vote.score
    return Finding(
        structure=body.name,
        label=label,
        probability=calibration(score),
        uncertainty=vote.spread,
        measurements=body.measurements,
        place=place,
        flags=_flags(body, label),
    )


def message(found: int, findings: Sequence[Finding]) -> str:
    """One or two sentences for the user.

    Args:
        found: vertebrae in all.
        findings: of fractured and of unclear ones.
    """
    if not found:
        return "No vertebra found."
    count = f"{found} vertebrae" if found > 1 else "one vertebra"
    broken = [each for each in findings if each.label in FRACTURES]
    unclear = [each.structure for each in findings if each.label == UNCLEAR]
    if broken:
        names = ", ".join(f"{each.structure} {each.label}" for each in broken)
        told = f"{len(broken)} of {count} fractured: {names}." if found > 1 else f"Fractured: {names}."
    else:
        told = f"No fracture found in {count}."
    return f"{told} Look again at {', '.join(unclear)}." if unclear else told


def _flags(body: OvfBody, label: str) -> tuple[str, ...]:
    flags = []
    grading = body.grading
    if grading is not None and (label == UNCLEAR or (label in FRACTURES and not grading.grade)):
        flags += [LOOK_AGAIN, DISAGREE]
    elif label == UNCLEAR:
        flags.append(LOOK_AGAIN)
    return (*flags, *body.flags, UNNAMED)
