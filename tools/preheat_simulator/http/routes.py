"""Owns which operation a method and a path mean, by the service model's own URIs. Knows no operation's content."""

from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel


class Routes:
    """The operations of a service model, found by method and path."""

    def __init__(self, model: ServiceModel) -> None:
        self._routes: list[tuple[str, list[str], OperationModel]] = []
        for name in model.operation_names:
            operation = model.operation_model(name)
            self._routes.append((operation.http["method"], operation.http["requestUri"].split("/"), operation))

    def find(self, method: str, path: str) -> tuple[OperationModel, dict[str, str]] | None:
        """Return the operation and its decoded path labels; `path` is as sent, percent-encoded. None if unknown."""
        segments = path.split("/")
        for verb, template, operation in self._routes:
            if verb == method and len(template) == len(segments):
                labels = {
                    part[1:-1]: unquote(segment)
                    for part, segment in zip(template, segments, strict=True)
                    if part.startswith("{")
                }
                fixed = all(
                    part.startswith("{") or part == segment for part, segment in zip(template, segments, strict=True)
                )
                # An empty label is no label: //models would otherwise name a project of no letters.
                if fixed and all(labels.values()):
                    return operation, labels
        return None
