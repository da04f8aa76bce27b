"""``SampleData``: the registry of samples, and their download from local files or by a custom downloader."""

from __future__ import annotations

import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer


class SampleDataSource:
    """One sample: as many uris as file names, node names and checksums."""

    def __init__(
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
    ) -> None:
        single = isinstance(uris, str)
        count = 1 if single else len(uris)
        lists = {"uris": uris, "fileNames": fileNames, "nodeNames": nodeNames, "checksums": checksums,
                 "loadFiles": loadFiles, "loadFileTypes": loadFileTypes}  # fmt: skip
        for name, value in lists.items():
            whole = isinstance(value, list | tuple) and not single
            setattr(self, name, list(value) if whole else [value] * count)
        if len({len(getattr(self, name)) for name in lists}) != 1:
            raise ValueError("All fields of sample data source must have the same length")
        self.sampleName = sampleName
        self.sampleDescription = sampleDescription or sampleName
        self.customDownloader = customDownloader
        self.thumbnailFileName = thumbnailFileName
        self.loadFileProperties = loadFileProperties or {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleDataSource) and vars(self) == vars(other)

    __hash__ = object.__hash__


class SampleDataLogic:
    """Registers samples in ``slicer.modules.sampleDataSources`` and loads them."""

    def __init__(self, logMessage: Callable[..., None] | None = None) -> None:
        self.logMessage = logMessage or (lambda *_: None)

    @staticmethod
    def registerCustomSampleDataCategory(category: str, title: str) -> None:
        _registry("sampleDataSourceCategories").setdefault(category, {})["title"] = title

    @staticmethod
    def registerCustomSampleDataSource(category: str = "Custom", sampleName: str | None = None, **fields: Any) -> None:
        source = SampleDataSource(sampleName, **fields)
        sources = _registry("sampleDataSources").setdefault(category, [])
        if source not in sources:
            sources.append(source)

    @staticmethod
    def categoryTitle(category: str) -> str:
        return _registry("sampleDataSourceCategories").get(category, {}).get("title", category)

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        sources = _registry("sampleDataSources")
        return sources if category is None else sources.get(category, [])

    @staticmethod
    def isSampleDataSourceRegistered(category: str, sampleDataSource: SampleDataSource) -> bool:
        return sampleDataSource in _registry("sampleDataSources").get(category, [])

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        every = (source for sources in _registry("sampleDataSources").values() for source in sources)
        return next((source for source in every if source.sampleName == sampleName), None)

    def downloadSample(self, sampleName: str) -> Any:
        return self.downloadSamples(sampleName)[0]

    def downloadSamples(self, sampleName: str) -> list[Any]:
        source = self.sourceForSampleName(sampleName)
        if source is None:
            raise ValueError(f"no sample is registered under the name {sampleName}")
        if source.customDownloader is not None:  # What a click on the sample's picture does.
            loaded = source.customDownloader(source)
            return loaded if isinstance(loaded, list) else [loaded]
        return self.downloadFromSource(source)

    def downloadFromSource(self, source: SampleDataSource) -> list[Any]:
        return [
            self._load(self.downloadFileIntoCache(uri, fileName, checksum), nodeName, load, kind, source)
            for uri, fileName, nodeName, checksum, load, kind in zip(
                source.uris, source.fileNames, source.nodeNames, source.checksums,
                source.loadFiles, source.loadFileTypes, strict=True,
            )
        ]  # fmt: skip

    def downloadFileIntoCache(self, uri: str, name: str, checksum: str | None = None) -> str:
        """Copies a local file into the cache. Raises ValueError for any other place and for a wrong checksum."""
        location = urllib.parse.urlparse(uri)
        if location.scheme not in ("", "file"):
            raise ValueError(f"the test host reaches no network; {location.scheme} was asked for")
        target = Path(slicer.app.temporaryPath) / name
        shutil.copyfile(urllib.request.url2pathname(location.path), target)
        algorithm, digest = slicer.util.extractAlgoAndDigest(checksum)
        if algorithm is not None and slicer.util.computeChecksum(algorithm, str(target)) != digest:
            raise ValueError(f"Checksum verification failed for {name}")
        return str(target)

    def _load(self, path: str, name: str | None, load: Any, kind: str | None, source: SampleDataSource) -> Any:
        if load is False or (kind == "SceneFile" and not load):
            return path
        properties = {**source.loadFileProperties, **({"name": name} if name else {})}
        node = slicer.util.loadNodeFromFile(path, kind, properties)
        return path if kind == "SceneFile" else node


def _registry(name: str) -> dict[str, Any]:
    if not hasattr(slicer.modules, name):
        setattr(slicer.modules, name, {})
    return getattr(slicer.modules, name)


def downloadSample(sampleName: str) -> Any:
    return SampleDataLogic().downloadSample(sampleName)


def downloadSamples(sampleName: str) -> list[Any]:
    return SampleDataLogic().downloadSamples(sampleName)
