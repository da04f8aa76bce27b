"""From what the worker wrote to nodes in the scene."""

from __future__ import annotations

from orthoai.errors import InputError

from OrthoAILib.Bridge.ImageStamp import imageStamp
from OrthoAILib.ErrorLog import logError
from OrthoAILib.Run.Background import Background
from OrthoAILib.Run.Collaborators import Collaborators, ReadOutcome
from OrthoAILib.Run.RunJob import RunJob
from OrthoAILib.Run.RunOutcome import RunOutcome


def importResult(collaborators: Collaborators, job: RunJob, reading: Background[ReadOutcome]) -> RunOutcome:
    """Show the result of ``job`` on its image, which must still be the one that was run on.

    Raises:
        InputError: another image by now, or a result that cannot be shown; the scene is as it was.
    """
    try:
        result, prepared = reading.outcome()
        if not collaborators.volumes.geometry(job.volumeNode).matches(job.geometry):
            raise InputError("The image's place or size was changed during the run; run the task again.")
        if imageStamp(job.volumeNode) != job.stamp:
            raise InputError("The image was changed during the run; run the task again.")
        digest = job.export.digest()
        nodes = collaborators.results.show(result, job.volumeNode, prepared=prepared, imageDigest=digest)
    except InputError:
        raise
    except Exception as error:
        logError("OrthoAI could not show a result", error)
        raise InputError(f"The result could not be shown ({type(error).__name__}); the scene is as it was.") from error
    return RunOutcome(nodes, job.volumeNode, job.task, result.message)
