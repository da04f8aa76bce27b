"""The long-lived process that runs tasks for a front end, and the client that a front end drives it with.

Importing this package, or anything that the client needs, loads no heavy library (docs/worker.md).
"""
