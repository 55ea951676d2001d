"""The Open Graph picture of a figure in one language (1200 × 630), and what pages say about themselves when shared.

What belongs here: what stands where in that picture. What does not: its markup (dashboards/templates/og.svg and
social.html), the words of the value and the citation (pipelines/quotes.py), PNG (png.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.quotes import Names
from pipelines.site import fonts
from pipelines.site.components.scope import Scope
from pipelines.site.locales import Locale
from pipelines.site.tables import of_one
from pipelines.site.theme import Theme
from pipelines.site.tokens import clean
from pipelines.site.values import Figure

_LEFT, _ROOM, _BOTTOM = 72, 1056, 588
_NAME_TOP, _NAME, _FOOT = 186, (42, 36, 32), (30, 26)
_VALUE, _SENTENCE = (184, 168, 140, 120, 100, 84, 72), (76, 66, 58, 50, 44, 38, 34)
_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}

Fill = Callable[..., Markup]

NAME = "og.svg"
"""The file beside the page; its PNG (png.py) is what is shared."""


@dataclass(frozen=True)
class Text:
    """One line of text in the picture: ``y`` is its base line."""

    text: str
    y: int
    size: float
    x: int = _LEFT


@dataclass(frozen=True)
class Words:
    """What the picture says: ``main`` is the value, the items of a list, or the sentence."""

    name: str
    main: tuple[str, ...]
    sentence: bool
    foot: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """The same as one text, for readers who don't see the picture."""
        return ". ".join(part.rstrip(".") for part in (f"{self.name}: {'; '.join(self.main)}", *self.foot)) + "."


def words(figure: Figure, publishers: Names, regions: Names, locale: Locale, day: date) -> Words:
    """Return what the picture of a figure says on ``day``; a figure without a value says so."""
    spec, value, language = figure.spec, figure.value, locale.language
    if not quotes.known(spec, value):
        return Words(figure.name, (locale.text("no_data"),), False, ())
    if spec.kind == "list":
        main = tuple(f"{item.rank}. {item.name}" for item in value.items)
    elif spec.kind == "number":
        main = (quotes.value_text(spec, value, language),)
    else:
        main = (quotes.sentence(spec, value, regions, language),)
    lacking = quotes.missing_clause(value, regions, language).lstrip(",; ")
    notes = (f"{lacking[:1].upper()}{lacking[1:]}." if lacking else "", quotes.age_note(spec, value, day, language))
    foot = (quotes.citation(spec, value, publishers, language), *(note for note in notes if note))
    reference = formats.reference(value.reference, language) if value.period and value.reference else ""
    if reference not in " ".join((figure.name, *main, *foot[1:])):  # the day of a citation is not the year of a sum
        told = locale.text("reference", reference=reference)
        foot = (foot[0], f"{told[:1].upper()}{told[1:]}.", *foot[1:])
    return Words(figure.name, main, spec.kind != "number", foot)


def attach(scope: Scope, figure: Figure, day: date | None = None) -> None:
    """Add the picture of a figure to its page, and to the page's head what is told when the page is shared.

    ``day``: the day of an archived figure, instead of the page's own. Without ``[site] base_url`` the head has no
    address and so no picture: a relative one means nothing elsewhere.
    """
    said = words(figure, scope.publishers, scope.regions, scope.locale, day or scope.day)
    scope.write(NAME, draw(said, scope.locale, scope.theme, scope.template), of_one(figure.id, {"words": said}))
    scope.pictures.append((NAME, said.name, said.foot[0] if said.foot else ""))
    image = f"{scope.absolute}{NAME.removesuffix('svg')}png" if scope.absolute else ""
    social = {
        "site": scope.locale.text("site"),
        "title": said.name,
        "description": said.spoken,
        "locale": _LOCALES[scope.language],
        "url": scope.absolute,
        "image": image,
    }
    scope.head.append(scope.template("social.html", social=social))


def draw(said: Words, locale: Locale, theme: Theme, fill: Fill) -> bytes:
    """Return the picture as SVG; long texts get smaller and then break."""
    name = _lines(clean(said.name), fonts.face(weight=600), _NAME, _NAME_TOP, 2)
    foot = _foot([clean(text) for text in said.foot])
    rule = (foot[0].y if foot else _BOTTOM) - 52
    main = _main(said, name[-1].y, rule)
    colours = theme.light
    svg = fill("og.svg", site=locale.text("site"), name=name, main=main, foot=foot, rule=rule, colours=colours)
    return str(svg).encode("utf-8")


def _main(said: Words, top: int, rule: int) -> list[Text]:
    """Place the value in the middle of the room between the name and the rule, as large as it fits.

    What does not fit even when small ends in an ellipsis.
    """
    serif, room = fonts.face(fonts.SERIF, 600), rule - top - 68
    sizes = _SENTENCE if said.sentence else _VALUE
    lines: list[str] = []
    size = sizes[-1]
    for size in sizes:
        lines = [line for text in said.main for line in serif.wrap(clean(text), size, _ROOM)]
        whole = len(lines) == len(said.main) or (len(said.main) == 1 and said.sentence)
        if whole and _height(lines, size) <= room and not _cut(lines):
            break
    most = int((room / size - 1) / 1.16) + 1
    lines = [*lines[: most - 1], f"{lines[most - 1]} …"] if len(lines) > most else lines
    start = top + 40 + (room - _height(lines, size)) / 2 + 0.78 * size
    return [Text(line, round(start + n * 1.16 * size), size) for n, line in enumerate(lines)]


def _foot(texts: Sequence[str]) -> list[Text]:
    """Place the citation and the notes upwards from the bottom, all of one size."""
    face = fonts.face()
    size = next((size for size in _FOOT if all(face.width(text, size) <= _ROOM for text in texts)), _FOOT[-1])
    lines = [line for text in texts for line in face.wrap(text, size, _ROOM)]
    return [Text(line, _BOTTOM - 38 * (len(lines) - n - 1), size) for n, line in enumerate(lines)]


def _height(lines: Sequence[str], size: float) -> float:
    return size * (1 + 1.16 * (len(lines) - 1))


def _cut(lines: Sequence[str]) -> bool:
    return any(line.endswith("-") for line in lines[:-1])


def _lines(text: str, face: fonts.Face, sizes: Sequence[float], top: int, most: int) -> list[Text]:
    size, lines = face.fit(text, sizes, _ROOM, most)
    return [Text(line, round(top + n * 1.2 * size), size) for n, line in enumerate(lines)]
