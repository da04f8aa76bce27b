"""``orthoai run --each``: one task on every image of a folder, such as a worklist, over night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orthoai.cli.exits import BAD_INPUT, DONE, INTERNAL_ERROR, say
from orthoai.errors import Canceled, InputError
from orthoai.io.image_folder import find_images
from orthoai.ready import is_ready, ready_folder

KEPT = "Canceled: what was done before is kept; the same command goes on with the rest."


def run_each(task: str, images: Path, results: Path, run: Callable[[Path, Path], object]) -> int:
    """Run on every image; one that fails is told, and the others are done all the same.

    Args:
        task: its name.
        images: folder, searched as a worklist is.
        results: gets a folder TASK/NAME for each image; what is there is not done again.
        run: (image, folder to make), raises InputError, Canceled, or SystemExit after it has said what was wrong.

    Returns:
        The exit code: DONE when every image has its result, INTERNAL_ERROR where a run failed with that.

    Raises:
        InputError: ``images`` cannot be read or holds none.
        Canceled: what was done before is kept.
    """
    if not images.is_dir():
        raise InputError(f"{images} is no folder; with --each name the folder that holds the images.")
    entries = find_images(images)
    if not entries:
        raise InputError(f"{images} holds no NIfTI, NRRD or MetaImage file and no folder with DICOM files.")
    failed: dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        known = is_ready(results, task, entry.name)
        say(f"Image {number} of {len(entries)}: {entry.name}{' (done before)' if known else ''}")
        if known:
            continue
        try:
            run(entry.path, ready_folder(results, task, entry.name))
        except InputError as error:
            say(f"Error: {error}")
            failed[entry.name] = BAD_INPUT
        except SystemExit as stop:
            failed[entry.name] = INTERNAL_ERROR if stop.code == INTERNAL_ERROR else BAD_INPUT
        except Canceled as error:
            raise Canceled(KEPT) from error
    done = len(entries) - len(failed)
    say(f"{done} of {len(entries)} images have their result in {results.resolve() / task}.")
    for name in failed:
        say(f"Without a result: {name}")
    return min(failed.values(), default=DONE)
