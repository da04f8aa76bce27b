"""The benchmark on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    "two_stage": "two stages",
    "single_stage": "single stage, same weights",
    "whole_run": "whole run, with files and report",
}


def text_table(content: dict[str, Any]) -> str:
    """The content of the JSON file as a few lines of text."""
    k, j, i = content["shape_kji"]
    lines = [f"Segment Femur on {i} x {j} x {k} voxels; {content['machine']}; model {content['model']['model']}"]
    if "drr" in content:
        drr = content["drr"]
        times = f"both projections {drr['both_drr_s']:.2f} s, plain sum {drr['plain_sum_s']:.2f} s"
        memory = f"{drr['peak_extra_mb']:.0f} MB beyond the {drr['volume_mb']:.0f} MB of voxels"
        lines += ["", f"{times}: {drr['ratio']:.2f} times as long; {memory}"]
    runs = {title: part for name, title in TITLES.items() if (part := content.get(name))}
    if runs:
        lines += ["", *run_lines(runs)]
    paper = content["paper"]
    figures = f"{paper['two_stage_s']} s against {paper['single_stage_s']} s, {paper['single_to_two_stage']:.2f} times"
    if "single_to_two_stage" in content:
        lines += [
            "",
            f"single stage takes {content['single_to_two_stage']:.2f} times as long (paper, on a GPU: {figures})",
        ]
    for name in ("two_stage", "single_stage"):
        if name in content:
            lines.append(f"{TITLES[name]} found: {', '.join(content[name]['femora']) or 'no femur'}")
    return "\n".join(lines)


def run_lines(runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Seconds, peak of memory and stages of measured runs by their titles, under a line of headings."""
    return [f"{'':<34}{'seconds':>9}{'peak MB':>9}  stages"] + [
        f"{title:<34}{run.get('total_s', run.get('inference_s')):>9.1f}{run['peak_rss_mb']:>9.0f}"
        f"  {_stages(run['timings_s'])}"
        for title, run in runs.items()
    ]


def _stages(timings: Mapping[str, float]) -> str:
    return ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in timings.items())
