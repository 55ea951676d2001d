"""What the Unicode CLDR says of our three languages: ``python -m tools.cldr`` writes ``pipelines/cldr.py`` from Babel.

What belongs here: choosing from Babel's locale data. What does not: printing with it (pipelines/formats.py).

The few words and signs that the pages need lie in a module of their own, so that no command loads Babel for them and
no newer Babel changes a published page unseen (R13). A test tells when Babel knows otherwise: then run this and look.
"""

import json
from pathlib import Path

from babel import Locale

from pipelines.languages import LANGUAGES

MODULE = Path(__file__).resolve().parent.parent / "pipelines" / "cldr.py"

_HEAD = '''"""Signs of numbers and names of months in our three languages: CLDR's, written by tools/cldr.py from Babel.

What belongs here: only that. What does not: anything written by hand; printing with it (formats.py).
"""

'''


def tables() -> dict[str, dict[str, str | list[str]]]:
    """Return what the module holds, by its name there and by language."""
    found = {language: Locale.parse(language) for language in LANGUAGES}
    signs = {language: one.number_symbols["latn"] for language, one in found.items()}
    return {
        "GROUP": {language: one["group"] for language, one in signs.items()},
        "DECIMAL": {language: one["decimal"] for language, one in signs.items()},
        "MINUS": {language: one["minusSign"] for language, one in signs.items()},
        "PERCENT": {
            language: str(one.percent_formats[None].pattern).replace("#,##0", "") for language, one in found.items()
        },
        "MONTHS": {
            language: [str(one.months["stand-alone"]["wide"][month]) for month in range(1, 13)]
            for language, one in found.items()
        },
    }


def main() -> None:
    """Write the module; ``ruff format`` gives it its form."""
    text = "\n".join(f"{name} = {json.dumps(table, indent=4, ensure_ascii=False)}" for name, table in tables().items())
    for sign in ("\u00a0", "\u2212"):  # easily taken for another
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    MODULE.write_text(f"{_HEAD}{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
