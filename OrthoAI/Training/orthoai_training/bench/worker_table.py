"""The benchmark of the worker on one screen."""

from __future__ import annotations

from typing import Any

RUNS = {"first": "first click", "second": "second click", "boxes": "stage 2 with given boxes"}


def text_table(content: dict[str, Any]) -> str:
    """The content of the JSON file as a few lines of text."""
    k, j, i = content["shape_kji"]
    cancels = [cancel for cancel in content["cancels"] if cancel["was_running"]]
    slowest = max((cancel["answer_s"] for cancel in cancels), default=0.0)
    kept = sum(cancel["worker_kept"] for cancel in cancels)
    kills = content["kills"]
    runs = [(title, content[name]) for name, title in RUNS.items() if content[name]]
    return "\n".join(
        [
            f"Segment Femur through the worker on {i} x {j} x {k} voxels; {content['machine']}",
            f"exchange file {content['exchange_write_s']:.2f} s for {content['volume_mb']:.0f} MB; "
            f"worker ready {content['start_s']:.2f} s after its start",
            "",
            f"{'':<26}{'seconds':>9}{'loading':>9}",
            *(f"{title:<26}{run['total_s']:>9.2f}{run['load_s']:>9.3f}" for title, run in runs),
            "",
            f"{len(cancels)} cancels, the slowest answered after {slowest:.2f} s; {kept} kept the worker",
            f"{kills['kills']} kills, {kills['told']} told, the slowest after {kills['slowest_s']:.2f} s; "
            f"{kills['too_late']} too late; then a run worked",
            f"longest call of the client {content['longest_call_ms']:.1f} ms",
        ]
    )
