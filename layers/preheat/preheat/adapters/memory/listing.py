"""The port `Listing` in memory: what a test or a simulation says is running."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from preheat.app.ports.hosting import Running, Site


class MemoryListing:
    """A `Listing` of fixed models. `failing`: the sites that it cannot list, and why."""

    def __init__(
        self,
        runs: Iterable[Running] = (),
        failing: Mapping[Site, Exception] | None = None,
        stacks: Mapping[str, str] | None = None,
    ) -> None:
        """`stacks`: the CloudFormation stack that owns an endpoint, by the endpoint's ARN."""
        self.runs, self.failing, self.stacks = list(runs), dict(failing or {}), dict(stacks or {})

    def list_running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        """See `ports.Listing`."""
        if site in self.failing:
            raise self.failing[site]
        found = [one for one in self.runs if one.site == site and wanted(one.project)]
        return sorted(found, key=lambda one: (one.project, one.version))

    def find_stack(self, one: Running) -> str:
        """See `ports.Listing`."""
        if one.site in self.failing:
            raise self.failing[one.site]
        return self.stacks.get(one.arn, "")
