"""The guard before any workbook is parsed: is it a whole zip, is it a bomb, has it formulas or far-out cells.

What belongs here: what is checked in the container of every .xlsx that a person or a server gives. What does not: what
the cells mean (stea_workbook.py, ray.py, tutkiavustuksia.py).
"""

import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pipelines.errors import InputError

MAX_UNPACKED = 1024**3
MAX_RATIO = 200  # the real file packs 7.6 : 1; deflate can reach 1032 : 1
MAX_SHEETS = 200
WORKERS = max(1, min(4, os.cpu_count() or 1))

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?/?>")
_FAR_CELL = re.compile(rb'c r="[A-Z]{2,}[0-9]')
_MAX_ROW = 200_000  # an export of tutkiavustuksia has up to 150 000

_A = TypeVar("_A")
_B = TypeVar("_B")


def check_container(body: bytes, place: str) -> list[zipfile.ZipInfo]:
    """Check by the zip's directory that ``body`` is a whole workbook that fits in memory, before a parser sees it.

    Returns the members of the zip. Raises InputError for anything else: HTML, a cut file, a bomb, 201 sheets.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError) as error:
        raise InputError(place, _not_a_zip(body, error), "an Excel workbook (.xlsx)") from None
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise InputError(place, "the zip has no xl/workbook.xml", "an Excel workbook (.xlsx)")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(body):
        problem = f"unpacks from {len(body)} to {unpacked} bytes, which looks like a zip bomb"
        raise InputError(place, problem, f"at most {MAX_UNPACKED} bytes and {MAX_RATIO} times its size")
    sheets = sum(1 for member in members if _SHEET.fullmatch(member.filename))
    if sheets > MAX_SHEETS:
        raise InputError(place, f"has {sheets} sheets", f"at most {MAX_SHEETS}, one a year")
    return members


def check_members(body: bytes, place: str) -> None:
    """Check a workbook where it enters: ``check_container``, and each member unpacked once.

    A bomb may lie about its size, and calamine (fastexcel 0.21) does not compare checksums. Unpacking 26 MB takes a
    quarter of the reading time, so it is done once for a new file and not at each reading of the stored one, whose
    sha256 the raw store checks. Raises InputError naming the member.
    """
    in_parallel(lambda member: _check_member(body, member, place), check_container(body, place))


def _not_a_zip(body: bytes, error: Exception) -> str:
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "the file is empty"
    if start.startswith(b"<"):
        return "is a web page (HTML) or other text with tags"
    if start.startswith(b"pk"):
        return f"is cut or damaged ({error})"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "is an old .xls or a workbook with a password"
    return f"is no workbook, it begins {body[:12]!r}"


def _check_member(body: bytes, member: zipfile.ZipInfo, place: str) -> None:
    try:
        data = _unpack(body, member)
        whole = len(data) == member.file_size and zlib.crc32(data) == member.CRC
    except (zlib.error, IndexError, ValueError):
        whole, data = False, b""
    if not whole:
        raise InputError(f"{place}, {member.filename}", "is damaged: size or checksum differs from the zip's directory")
    if _SHEET.fullmatch(member.filename) and _FORMULA.search(data):
        raise InputError(
            f"{place}, {member.filename}", "has a formula", "values only", "Save it with values in their place"
        )
    if _SHEET.fullmatch(member.filename) and _is_far(data):
        raise InputError(f"{place}, {member.filename}", f"has a cell beyond column Z or row {_MAX_ROW}", "11 columns")


def _is_far(sheet: bytes) -> bool:
    """Tell whether a sheet that Excel saved again has a stray cell far out, such as XFD1048576.

    calamine reserves rows × columns at once and then aborts the whole process (tried with fastexcel 0.21). STEA's own
    export has no cell references, so they are looked for only where the first rows have some.
    """
    last = sheet.rfind(b'row r="')
    number = sheet[last + 7 : last + 17].split(b'"')[0]
    far_row = last >= 0 and number.isdigit() and int(number) > _MAX_ROW
    return far_row or (b'c r="' in sheet[:4096] and _FAR_CELL.search(sheet) is not None)


def _unpack(body: bytes, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError
    at = member.header_offset
    start = (
        at + 30 + int.from_bytes(body[at + 26 : at + 28], "little") + int.from_bytes(body[at + 28 : at + 30], "little")
    )
    packed = memoryview(body)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        return bytes(packed)
    return zlib.decompressobj(-15).decompress(packed, member.file_size + 1)


def in_parallel(work: Callable[[_A], _B], parts: Sequence[_A]) -> list[_B]:
    """Return what the work gives for each part, done on all processors."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, parts))
