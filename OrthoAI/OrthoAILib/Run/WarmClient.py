"""The worker's client, kept from run to run."""

from __future__ import annotations

from collections.abc import Callable

from OrthoAILib.Run.Collaborators import Client


class WarmClient:
    """Makes a client when one is needed, and keeps it: a second run finds the worker started and its models loaded.

    Args:
        factory: makes a client; called again after one was dropped.
    """

    def __init__(self, factory: Callable[[], Client]) -> None:
        self._factory = factory
        self._client: Client | None = None

    def get(self) -> Client:
        """The client."""
        if self._client is None:
            self._client = self._factory()
        return self._client

    def drop(self) -> None:
        """Give the client and its worker up. Harmless when there is none."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
