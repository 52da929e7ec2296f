from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.contrib.staticfiles.utils import matches_patterns


class _Asked(dict[str, str]):
    """Stands in for the hashed names, and keeps which ones were asked for."""

    def get(self, name: str, default: Any = None) -> str:
        return self.setdefault(name, name)


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Hashed names, also inside the `import` lines of ES modules.

    Django rewrites an import only when it ends with a semicolon, and never touches
    addModule() or new Worker(): templates hand those addresses over.
    """

    support_js_module_import_aggregation = True

    def _post_process(
        self, paths: dict[str, Any], adjustable: list[str], hashed: dict[str, str]
    ) -> Iterator[Any]:
        """Hash each file after those it names, so that one pass settles all of them.

        Django sorts by folder and repeats that at most five times. Each pass settles
        one more level of imports, so a chain of modules may be longer than it repeats.
        """
        for name in self._in_order(paths, adjustable):
            one = {name: paths[name]}
            yield from super()._post_process(one, adjustable, hashed)  # type: ignore[misc]

    def _in_order(self, paths: dict[str, Any], adjustable: list[str]) -> list[str]:
        named = {name: self._named_by(name, paths) for name in adjustable}
        graph = {name: named.get(name, set()) & set(paths) for name in paths}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as circle:
            # The name of a file is the hash of its text, which holds the other's name.
            raise ValueError(
                f"Imports in a circle: {' → '.join(circle.args[1])}"
            ) from circle

    def _named_by(self, name: str, paths: dict[str, Any]) -> set[str]:
        """Return the files that the text of this one names, as Django reads it."""
        storage, path = paths[name]
        with storage.open(path) as file:
            text = file.read().decode()
        asked = _Asked()
        for extension, patterns in self._patterns.items():  # type: ignore[attr-defined]
            if matches_patterns(path, (extension,)):
                for pattern, template in patterns:
                    pattern.sub(self.url_converter(name, asked, template), text)
        return set(asked)
