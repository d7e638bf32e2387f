"""Numbers as spreadsheets spell them: whether a column has decimal points or commas, or that one cannot tell."""

import re
from collections.abc import Iterable
from enum import StrEnum

from okr_api.domain.progress import plain
from okr_api.exchange.files import BadFile
from okr_api.graphql.scalars import read_decimal

WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
FRACTION = re.compile(r"[+-]?\d+([.,])\d+", re.ASCII)
MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
NEEDED = "a number such as 1234.5 is needed, without thousands separators, units and signs of per cent"


class Mark(StrEnum):
    """What stands before the fraction."""

    POINT = "."
    COMMA = ","


def mark_of(column: str, cells: Iterable[str]) -> Mark:
    """Of a whole column: only what cannot separate thousands tells. Raises BadFile where nothing does."""
    found: dict[str, str] = {}
    certain: set[str] = set()
    for cell in map(str.strip, cells):
        if match := FRACTION.fullmatch(cell):
            found.setdefault(match[1], cell)
            if not MAYBE_THOUSANDS.fullmatch(cell):
                certain.add(match[1])
    if len(found) == 2:
        told = f"{found['.']} and {found[',']} stand in one column: write all its numbers one way"
        raise BadFile(f"column {column}: {told}, without thousands separators")
    if found and not certain:
        (cell,) = found.values()
        raise BadFile(f"column {column}: {cell} may be a thousand or a fraction: say --decimal comma or point")
    return Mark(next(iter(found), "."))


def spelt(text: str) -> str:
    """A number as a column may hold it alone: what could be read as thousands gets one more digit."""
    return f"{text}0" if MAYBE_THOUSANDS.fullmatch(text) else text


def read_number(cell: str, mark: Mark) -> str:
    """As the API takes it. Raises ValueError."""
    match = FRACTION.fullmatch(cell)
    if not WHOLE.fullmatch(cell) and (match is None or match[1] != mark):
        raise ValueError(NEEDED if mark is Mark.POINT else NEEDED.replace("1234.5", "1234,5"))
    return plain(read_decimal(cell.replace(",", ".")))


def read_json_number(cell: str) -> str:
    """As JSON spells it, also as a text. Raises ValueError."""
    return plain(read_decimal(cell))
