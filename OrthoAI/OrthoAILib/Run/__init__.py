"""Running a task in the worker process, from the volume node to the result nodes. No widgets."""
