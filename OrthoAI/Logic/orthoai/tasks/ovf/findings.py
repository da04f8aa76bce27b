"""What the run says about one vertebra: its class, how sure that is, and the evidence beside it."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.finding import Finding, Place
from orthoai.spine.chain import UNNAMED
from orthoai.spine.genant import CLEAR_LOSS, LEAST_LOSS, NORMAL, Grading, reaches
from orthoai.spine.given_boxes import boxes_text, none_found, rest_unjudged
from orthoai.spine.measured import DISAGREE, LOOK_AGAIN, NETWORK_ALONE, MeasuredBody, look_again_at
from orthoai.spine.worst_first import LIKELY
from orthoai.tasks.ovf.engines import Engines
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.labels import FRACTURES, UNCLEAR
from orthoai.tasks.ovf.weighed import Weighed

OPPOSITE = "network and heights disagree"
"""Why to look again at what is called fractured."""

OvfBody = MeasuredBody[JoinedBody]


def chances_of(body: JoinedBody, grading: Grading | None, weighed: Weighed | None) -> dict[str, float] | None:
    """Probability of each class from vote and heights; None where the vote alone is known."""
    return None if weighed is None or grading is None else weighed(body.vote.shares, grading.losses)


def fractured(body: JoinedBody, grading: Grading | None, weighed: Weighed | None) -> float:
    """Probability of a fracture, of whichever kind; of the vote alone, 0 or 1."""
    chances = chances_of(body, grading, weighed)
    return float(body.is_fractured) if chances is None else 1 - chances[NORMAL]


def label_of(body: OvfBody, weighed: Weighed | None) -> str:
    """The class, of the network's vote or of that and the heights; "unclear" where it cannot stand.

    That is a body that is called normal though the network calls it fractured or it has clearly lost height, and one
    that is called fractured though it has lost next to none, or is cut by the field of view: what is missing may be
    outside.
    """
    voted, grading = body.body.vote, body.grading
    if grading is None:
        return UNCLEAR if body.is_cut and voted.label != NORMAL else voted.label
    label, chances = voted.label, chances_of(body.body, grading, weighed)
    if chances is not None:
        label = NORMAL if chances[NORMAL] > LIKELY else max(FRACTURES, key=lambda name: chances[name])
    if label == NORMAL:
        return UNCLEAR if voted.label != NORMAL or reaches(grading.loss, CLEAR_LOSS) else NORMAL
    return label if reaches(grading.loss, LEAST_LOSS) else UNCLEAR


def finding(body: OvfBody, label: str, engines: Engines, place: Place) -> Finding:
    """The finding of one vertebra.

    Its probability is that of its class; for an "unclear" one, that of a fracture. A normal one, which only a given box
    asks for, gets one too.
    """
    return Finding(
        structure=body.name,
        label=label,
        probability=_probability(body, label, engines),
        uncertainty=body.body.vote.spread,
        measurements=body.measurements,
        place=place,
        flags=_flags(body, label),
    )


def _probability(body: OvfBody, label: str, engines: Engines) -> float:
    vote, chances = body.body.vote, chances_of(body.body, body.grading, engines.weighed)
    if chances is None:
        return engines.calibration(sum(vote.shares[name] for name in FRACTURES) if label == UNCLEAR else vote.score)
    return 1 - chances[NORMAL] if label == UNCLEAR else chances[label]


def message(
    found: int, findings: Sequence[Finding], asked: int = 0, unmeasured: Sequence[str] = (), low: Sequence[str] = ()
) -> str:
    """A few sentences for the user.

    Args:
        found: vertebrae in all.
        findings: of fractured and of unclear ones; of all that were asked for, where some were.
        asked: boxes that a vertebra was looked for in; with any, nothing is said of the other vertebrae.
        unmeasured: names of the judged ones that are called normal with no height to compare.
        low: names of those that are called normal though their heights have a Genant grade.
    """
    if asked and not findings:
        return none_found(asked)
    if not found:
        return "No vertebra found."
    judged = len(findings) if asked else found
    if asked:
        count = f"the {f'{judged} vertebrae' if judged > 1 else 'vertebra'} in the {boxes_text(asked)}"
    else:
        count = f"{judged} vertebrae" if judged > 1 else "one vertebra"
    broken = [each for each in findings if each.label in FRACTURES]
    unclear = [each.structure for each in findings if each.label == UNCLEAR]
    if broken:
        names = ", ".join(f"{each.structure} {each.label}" for each in broken)
        told = f"{len(broken)} of {count} fractured: {names}." if judged > 1 else f"Fractured: {names}."
    else:
        told = f"No fracture found in {count}."
    if unmeasured:
        told += f" Heights of {', '.join(unmeasured)} could not be compared."
    if low:
        told += f" By heights alone {', '.join(low)} would be Genant grade 1."
    told += look_again_at(unclear)
    told += look_again_at([each.structure for each in broken if DISAGREE in each.flags], OPPOSITE)
    alone = [each.structure for each in broken if LOOK_AGAIN in each.flags and DISAGREE not in each.flags]
    told += look_again_at(alone, NETWORK_ALONE)
    return f"{told} {rest_unjudged(asked)}" if asked else told


def _flags(body: OvfBody, label: str) -> tuple[str, ...]:
    flags = []
    grading = body.grading
    seen = body.body.is_fractured
    if grading is not None and (label == UNCLEAR or (label in FRACTURES and not (seen and grading.grade))):
        flags += [LOOK_AGAIN, DISAGREE]
    elif label == UNCLEAR or (grading is None and label in FRACTURES):
        flags.append(LOOK_AGAIN)
    return (*flags, *body.flags, UNNAMED)
