"""Contract types for import-linter that make the import rules total: what nobody has placed or allowed fails.

`.importlinter` names them under `contract_types`. Does not know Preheat's packages: the contracts name them.
"""

from collections.abc import Iterator
from pathlib import Path
from sys import stdlib_module_names
from typing import Any, cast, override

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.layers import LayersContract


class PlacedPackagesContract(LayersContract):
    """Layers of root packages that name everything importable in `folders`, relative to the working directory.

    Import-linter's own `exhaustive` needs a container, and root packages have none. A file in a folder without
    `__init__.py` works in an import but is in no import graph, so every contract would overlook it: it fails too.
    """

    type_name = "placed_packages"
    folders = fields.ListField(subfield=fields.StringField())

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        checked = super().check(graph, verbose)
        placed = {tail.name for tail in self._get_all_module_tails_from_layers(cast("Any", self.layers))}
        on_disk = {name for folder in cast("list[str]", self.folders) for name in modules_in(Path(folder))}
        unplaced = {name for name in on_disk if name.partition(".")[0] not in placed or name not in graph.modules}
        checked.metadata["undeclared_modules"] = unplaced
        checked.kept = checked.kept and not unplaced
        return checked


class AllowedPackagesContract(Contract):
    """`packages` reach no package outside the repository but `allowed`, directly or through other modules of it.

    `standard_library` allows all of it, except `standard_library_without`. `standalone` packages import no module
    of it outside themselves.
    """

    type_name = "allowed_packages"
    packages = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField(), required=False)
    standalone = fields.BooleanField(default=False)
    standard_library = fields.BooleanField(default=False)
    standard_library_without = fields.SetField(subfield=fields.StringField(), required=False)

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = set(cast("set[str] | None", self.allowed) or ())
        if cast("bool", self.standard_library):
            allowed |= stdlib_module_names - (cast("set[str] | None", self.standard_library_without) or set())
        chains = [
            chain
            for package in sorted(cast("set[str]", self.packages))
            for chain in _chains_outside(graph, package)
            if (chain[-1] not in allowed if graph.is_module_squashed(chain[-1]) else self.standalone)
        ]
        return ContractCheck(kept=not chains, metadata={"chains": chains})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        for chain in check.metadata["chains"]:
            output.print_error(f"{chain[0]} must not import {chain[-1]}: {' -> '.join(chain)}", bold=False)
        output.new_line()


def modules_in(folder: Path) -> Iterator[str]:
    """Yield the full name of every module and package in `folder`."""
    for file in folder.rglob("*.py"):
        parts = file.relative_to(folder).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _chains_outside(graph: ImportGraph, package: str) -> Iterator[list[str]]:
    """Yield the shortest chain of imports from `package` to each module that it reaches outside itself."""
    waiting = sorted({package} | graph.find_descendants(package))
    importer: dict[str, str | None] = dict.fromkeys(waiting)
    for module in waiting:
        for imported in sorted(graph.find_modules_directly_imported_by(module) - importer.keys()):
            importer[imported] = module
            chain = [imported]
            while (before := importer[chain[0]]) is not None:
                chain.insert(0, before)
            yield chain
            if not graph.is_module_squashed(imported):
                waiting.append(imported)
