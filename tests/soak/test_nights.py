"""Four hundred nights on end: nothing wrong, nothing lost, nothing stored or parsed twice.

What belongs here: the limits that the nights must keep. What does not: the nights (nights.py). Ten years: `make soak`.
"""

from pathlib import Path

import pytest

from tests.soak.nights import soak

pytestmark = pytest.mark.pipeline


def test_four_hundred_nights(tmp_path: Path) -> None:
    result = soak(tmp_path, 400, build_every=1000)
    told = "\n".join(result.lines())
    print(told)
    assert result.wrong == [], told
    assert result.failures > 50, told
    assert result.mispaired > 0, told
    assert result.editions == result.read, "an edition is parsed once when collecting, ever"
    assert result.snapshots < 100 < result.visits, told
