"""The figure registry: one YAML file a figure in ``dashboards/figures/``, checked on load.

What belongs here: the figures in their order and their loading, with file and line in every error. What does not: the
shape of a record (figure_spec.py), choosing a value (figures.py), HTML.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import InputError, nearest

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec, Select
    from pipelines.yaml_lines import Lines


@dataclass(frozen=True)
class Registry:
    """All figures, in the order of the handbook's page."""

    figures: "tuple[FigureSpec, ...]"

    def __getitem__(self, figure_id: str) -> "FigureSpec":
        """Return one figure. Raises InputError with the nearest known id."""
        for spec in self.figures:
            if spec.id == figure_id:
                return spec
        raise InputError(f"figure {figure_id!r}", "unknown figure", nearest(figure_id, [f.id for f in self.figures]))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in order."""
        return tuple(spec.id for spec in self.figures)


def load(folder: Path, series: frozenset[str] | None = None, publishers: frozenset[str] | None = None) -> Registry:
    """Load every ``*.yaml`` of ``folder``; ``series`` and ``publishers``, when given, must contain what is named.

    Raises InputError with file and line of the first thing that is wrong.
    """
    from pipelines import figure_spec  # here: pydantic, of which only those need to know who read the files

    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise InputError(str(folder), "no figures", "one YAML file a figure")
    specs: dict[str, FigureSpec] = {}
    orders: dict[int, str] = {}
    for path in paths:
        spec, lines = figure_spec.read(path)
        if spec.id != path.stem:
            raise InputError(f"{path}:{lines.get(('id',), 1)}", f"id {spec.id!r} is not the file's name", path.stem)
        if spec.order in orders:
            place = f"{path}:{lines.get(('order',), 1)}"
            raise InputError(place, f"order {spec.order} is taken by {orders[spec.order]}")
        _check_names(path, spec, lines, series, publishers)
        specs[spec.id], orders[spec.order] = spec, spec.id
    return Registry(tuple(sorted(specs.values(), key=lambda s: s.order)))


def _check_names(
    path: Path,
    spec: "FigureSpec",
    lines: "Lines",
    series: frozenset[str] | None,
    publishers: frozenset[str] | None,
) -> None:
    if publishers is not None and spec.publisher not in publishers:
        expected = nearest(spec.publisher, sorted(publishers))
        raise InputError(f"{path}:{lines.get(('publisher',), 1)}", f"unknown publisher {spec.publisher!r}", expected)
    if series is None:
        return
    rules: list[tuple[tuple[str | int, ...], Select]] = [(("select", i), s) for i, s in enumerate(spec.select)]
    rules += [(("beside", i), b.select) for i, b in enumerate(spec.beside)]
    for i, share in enumerate(spec.computed):
        rules += [(("computed", i), rule) for rule in (share.numerator, *share.denominator)]
    for where, rule in rules:
        if rule.series not in series:
            line = lines.get((*where, "series"), lines.get(where, 1))
            raise InputError(f"{path}:{line}", f"unknown series {rule.series!r}", nearest(rule.series, sorted(series)))
