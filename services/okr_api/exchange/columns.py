"""Columns: what a file may hold, and how the cells of each become what the API takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from okr_api.exchange.files import File, Row, read
from okr_api.exchange.numbers import Mark, mark_of, read_json_number, read_number
from okr_api.graphql.scalars import read_day, read_moment, show_moment

Reads = Callable[[str], Any]
"""Raises ValueError, which says what is needed."""


@dataclass(frozen=True)
class Line:
    """A row that was read: what each column says, None where it says nothing."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)

    @property
    def good(self) -> bool:
        return not self.row.troubles


def text(cell: str) -> str:
    return cell


def word(cell: str) -> str:
    """An id, or another name without spaces around it."""
    return cell.strip()


def moment(cell: str) -> str:
    try:
        return show_moment(read_moment(cell.strip()))
    except ValueError:
        raise ValueError("a day, a time and an offset are needed, such as 2026-02-28T17:00:00+01:00") from None


def day(cell: str) -> str:
    try:
        return read_day(cell.strip()).isoformat()
    except ValueError:
        raise ValueError("a day is needed as year, month and day, such as 2026-02-28") from None


def whole(cell: str) -> int:
    number = cell.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise ValueError("a whole number is needed")
    return int(number)


def flag(cell: str) -> bool:
    found = {"true": True, "false": False}.get(cell.strip().lower())
    if found is None:
        raise ValueError("true or false is needed")
    return found


def one_of(*names: str) -> Reads:
    def reads(cell: str) -> str:
        if cell.strip() not in names:
            raise ValueError(f"one of {', '.join(names)} is needed")
        return cell.strip()

    return reads


def number(cell: str) -> str:
    """Stands for a column of numbers, which are read together."""
    return read_json_number(cell.strip())


def aside(_: str) -> None:
    """What an export adds for people, and no import reads."""


def lines(path: Path, columns: Mapping[str, Reads], needed: Sequence[str], mark: Mark | None) -> list[Line]:
    """Every row of the file. `mark`: of all numbers; else each column tells its own. Raises BadFile."""
    file = read(path, list(columns))
    readers = {name: _numbers(file, name, mark) if reads is number else reads for name, reads in columns.items()}
    return [_line(row, readers, needed) for row in file.rows]


def _numbers(file: File, column: str, mark: Mark | None) -> Reads:
    if not file.spelt:
        return number
    found = mark or mark_of(column, (row.cells[column] for row in file.rows if column in row.cells))
    return lambda cell: read_number(cell.strip(), found)


def _line(row: Row, readers: Mapping[str, Reads], needed: Sequence[str]) -> Line:
    line = Line(row)
    for name, cell in row.cells.items():
        if name in readers:
            try:
                line.values[name] = readers[name](cell)
            except ValueError as error:
                row.refuse(name, "BAD_USER_INPUT", f"{error}.")
    for name in needed:
        if name not in row.cells and not any(trouble.column is None for trouble in row.troubles):
            row.refuse(name, "VALUE_REQUIRED", "a value is needed here.")
    return line
