"""The static build: every page of ``dashboards/pages`` in every language, as one folder that works from any path.

What belongs here: what goes into the site and in which order. What does not: reading pages (page.py, queries.py,
house.py, render.py), the frame around them (frame.py), replacing the folder (place.py), any text of a page.

A page file is compiled once a language (Jinja2 to code, and every text that reaches Markdown once); its pages then
only fill in. A page whose inputs are the same as in the last build is taken over as it lies in the site (kept.py).
Same input, same bytes: nothing here reads a clock; the date on the pages is ``build_date`` (rule R13; the status page,
whose content is the state of the night, is exempt).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipelines import folders, garbage
from pipelines.registry import Registry
from pipelines.settings import PROJECT
from pipelines.site import codes, links, place, presses, second, standing, status_json
from pipelines.site.draft import OF_DATA, Draft, Extra, Files, Picture, Site
from pipelines.site.frame import front_door
from pipelines.site.house import STATUS_COLUMNS, House, Options, load_pages, open_house
from pipelines.site.page import PageFile
from pipelines.site.presses import Printed, tidy
from pipelines.site.queries import LIMIT_S

__all__ = ["STATUS_COLUMNS", "Built", "build"]


@dataclass(frozen=True)
class Built:
    """What a build did: how many files are new or changed, the same, gone; the pages' paths in the site; pictures."""

    written: int
    unchanged: int
    removed: int
    pages: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()


def build(
    database: Path,
    out: Path,
    registry: Registry,
    *,
    reference: Path,
    build_date: date,
    base_url: str | None = None,
    status: Sequence[Mapping[str, object]] = (),
    known_on: date | None = None,
    progress: Callable[[str], None] | None = None,
    dashboards: Path = PROJECT / "dashboards",
    downloads: Mapping[str, Path] | None = None,
    extras: Sequence[Extra] | None = None,
    contact: str | None = None,
    kept: Path | None = None,
    version: str = "",
    to_read: Sequence[Mapping[str, object]] = (),
    compiled: Path | None = None,
    limit_s: float = LIMIT_S,
    exchange: folders.Exchange = folders.exchange,
) -> Built:
    """Build the site from the published ``database`` and put it in place as ``out``.

    ``reference``: the folder with publishers.csv and regions.csv. ``status``: rows of STATUS_COLUMNS for pages that
    print the state of the sources. ``known_on``: the database holds the figures as known on that day, and pages say
    so. ``downloads``: data files to put into the site, by their path in it (``data/lukuina.duckdb``). ``extras``:
    makers of further files, by default all (extras.py). ``contact``: whom readers may write to; null leaves "the
    maintainer".
    ``kept``: the file in which a build remembers what it made (kept.py), for the next one of the same ``out``;
    ``version``: the digest of all data of ``database``, when it is known. ``to_read``: publications that wait for a
    reader (watchers.as_dicts). ``compiled``: the file in which compiled templates are kept (codes.py). ``limit_s``:
    seconds that a query of a page may take. ``exchange``: what puts the finished site in the place of the old one.
    Raises InputError naming file and line, or the folder when ``out`` is that of something else; the old site is then
    untouched.
    """
    options = Options(
        database,
        out,
        registry,
        reference,
        build_date,
        base_url,
        status,
        known_on,
        dashboards,
        downloads or {},
        contact or "",
        ("png",) if extras is None else (),  # a page links only what will be made
        kept,
        version,
        to_read,
        compiled,
        limit_s,
    )
    folders.check(out, place.OURS, database)
    return _build(options, progress or (lambda _: None), extras, exchange)


@garbage.never()
def _build(
    options: Options, progress: Callable[[str], None], extras: Sequence[Extra] | None, exchange: folders.Exchange
) -> Built:
    sources, there = load_pages(options), place.look(options.out)
    built = _renewed(options, sources, there, exchange)
    if built is not None:
        return built
    house = open_house(options, sources, there=there)
    draft, seen = _draw(house, progress)
    if extras is None:
        from pipelines.site.extras import EXTRAS as extras  # here: a build without them does without their libraries
    with garbage.only_new():
        for extra in extras:
            made, taken = _made(house, draft, extra)
            draft = replace(draft, files=draft.files.and_(made, taken))
    links.check(draft.files, there.keys(), seen)
    placed = place.put(draft.files, options.out, there, draft.files.taken, exchange)
    house.memory.save(placed.there)
    if options.compiled is not None:
        codes.save(options.compiled)
    standing.remember(house, draft, placed.there)
    pages = tuple(sorted(path for path in draft.files if path.endswith(".html")))
    return Built(placed.written, placed.unchanged, placed.removed, pages, draft.pictures)


def _renewed(
    options: Options, sources: tuple[PageFile, ...], there: Mapping[str, place.Stat], exchange: folders.Exchange
) -> Built | None:
    """Make the pages that print the state of the night, when everything else of the last build stands; else none."""
    stood = standing.find(options, sources, there)
    if stood is None:
        return None
    house = open_house(replace(options, kept=None), sources, stood.pages)
    if not stood.holds(house):
        return None
    same = stood.says_the_same(house)
    printed = [] if same else [job.run() for job in presses.jobs(house)]
    files = {path: content for one in printed for path, content in one.files.items()}
    draft = _draft(options, Site(files), printed)
    if status_json.PATH in stood.moving:
        files = {**files, **status_json.make(draft)}
    if not same and files.keys() != stood.moving:  # e.g. a page has a picture more: the others may list it
        return None
    links.check(Site(files, stood.there.keys(), options.out), stood.there.keys())
    placed = place.renew(files, options.out, stood.there, exchange)
    pages = tuple(sorted(path for path in stood.there if path.endswith(".html")))
    return Built(placed.written, placed.unchanged, placed.removed, pages)


def _made(house: House, draft: Draft, extra: Extra) -> tuple[Files, frozenset[str]]:
    """Return the files of a maker, and which of them are taken over: all, when it asks only data that is the same."""
    name = extra.__module__
    if name not in OF_DATA:
        return extra(draft), frozenset()
    stood = frozenset(house.memory.extra(name))
    made = {} if stood else extra(draft)
    house.memory.keep_extra(name, stood or made)
    return made, stood


def _draw(house: House, progress: Callable[[str], None]) -> tuple[Draft, dict[str, tuple[bytes, links.Seen]]]:
    """Render every page in every language; return also what each contains, with its bytes."""
    files: dict[str, bytes | Path] = {}
    taken = set[str]()
    printed: list[Printed] = []
    jobs = presses.jobs(house)
    with second.help_with(house.options, [job.path for job in jobs if job.stood is None]) as elsewhere:
        for job in jobs:
            if job.first:
                progress(f"{job.press.language} {job.press.source.place}")
            if job.path not in elsewhere.paths:
                printed.append(job.run())
        done = {one.record.path: one for one in (*printed, *elsewhere.printed())}
    ordered = [done[job.path] for job in jobs]
    for job, one in zip(jobs, ordered, strict=True):
        files.update(one.files)
        taken.update(one.taken)
        house.memory.keep(job.press.source, job.path, one.entry)
    files["index.html"] = tidy(front_door(house))
    options = house.options
    assets = options.dashboards / "assets"
    for path in sorted(assets.rglob("*")):
        if path.is_file():
            files[f"assets/{path.relative_to(assets).as_posix()}"] = path.read_bytes()
    files.update(options.downloads)
    seen = {one.record.path: (one.files[one.record.path], one.seen) for one in ordered if one.seen is not None}
    return _draft(options, Site(files, taken, options.out), ordered), seen


def _draft(options: Options, files: Site, ordered: Sequence[Printed]) -> Draft:
    """Return what these pages give to the makers of further files."""
    return Draft(
        files,
        tuple(one.record for one in ordered),
        tuple(picture for one in ordered for picture in one.pictures),
        options.base_url,
        options.build_date,
        options.known_on,
        options.database,
        options.dashboards,
        options.status,
        options.contact,
        {path: used for one in ordered for path, used in one.inputs.items()},
        options.to_read,
    )
