"""Files: the rows of a CSV or JSON Lines file, each with its line and its cells, read without guessing."""

import csv
import io
import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
LONGEST_CELL = 128 * 1024
ESCAPED = re.compile(r"'+[=+\-@\t\r]")


class BadFile(Exception):
    """Why no row of the file can be trusted, and what to do about it."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a row: where, a code, and a sentence."""

    line: int
    column: str | None
    code: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.message}"


@dataclass
class Row:
    """`line`: where it begins in the file. `cells`: as they stand there, by column, without those that are empty."""

    line: int
    cells: dict[str, str]
    troubles: list[Trouble] = field(default_factory=list)

    def refuse(self, column: str | None, code: str, message: str) -> None:
        self.troubles.append(Trouble(self.line, column, code, message))


@dataclass
class File:
    """`spelt`: whether numbers may be spelt in more than one way, as in CSV."""

    rows: list[Row]
    spelt: bool


def read(path: Path, columns: Sequence[str]) -> File:
    """Raises BadFile."""
    try:
        text = decoded(path.read_bytes())
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    match path.suffix.lower():
        case ".csv":
            return File(list(_csv_rows(text, columns)), spelt=True)
        case ".jsonl":
            return File(list(_json_rows(text, columns)), spelt=False)
    raise BadFile(f"{path}: its name must end in .csv or .jsonl")


def decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 where the file says so in its first bytes. Raises BadFile."""
    if content.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        raise BadFile("the file is UTF-32: save it as UTF-8")
    wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(f"line {line} is not {'UTF-16' if wide else 'UTF-8'}: save the file as UTF-8") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadFile(f"line {line} holds a NUL, which no text does: save the file as UTF-8")
    return text


def _csv_rows(text: str, columns: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not header:
                header = [name.strip() for name in cells]
                _require_known(header, columns)
            elif any(cells):
                yield _csv_row(begins, header, cells)
    except csv.Error as error:
        told = "a quote is not closed, or stands inside a cell that is not quoted" if "field" not in str(error) else ""
        raise BadFile(f"line {line}: {told or f'a cell has more than {LONGEST_CELL} characters'}") from None


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    row = Row(line, {name: unescaped(cell) for name, cell in zip(header, cells, strict=False) if cell})
    if len(cells) != len(header):
        hint = "a cell that holds the delimiter must be quoted" if len(cells) > len(header) else "some are missing"
        row.refuse(None, "WRONG_CELLS", f"there are {len(cells)} cells under {len(header)} columns: {hint}.")
    return row


def unescaped(cell: str) -> str:
    """A text that a spreadsheet would take for a formula stands behind an apostrophe."""
    return cell[1:] if ESCAPED.match(cell) else cell


def _delimiter(text: str) -> str:
    """The one that stands in the header line: no name of a column holds any. Raises BadFile."""
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if not header.strip():
        raise BadFile("line 1 must name the columns")
    found = [delimiter for delimiter in DELIMITERS if delimiter in header]
    if len(found) > 1:
        names = " and ".join(DELIMITERS[delimiter] for delimiter in found)
        raise BadFile(f"line 1 holds {names}: separate the columns by one of them")
    return found[0] if found else ","


def _require_known(header: list[str], columns: Sequence[str]) -> None:
    """Raises BadFile."""
    for name in header:
        if name not in columns:
            raise BadFile(f"line 1: {unknown(name, columns)}")
        if header.count(name) > 1:
            raise BadFile(f"line 1: the column {name} stands twice")


def unknown(name: str, columns: Sequence[str]) -> str:
    alike = get_close_matches(name.lower(), [column.lower() for column in columns], 1)
    meant = next((column for column in columns if [column.lower()] == alike), None)
    return f"there is no column {name!r}: " + (f"is it {meant}?" if meant else f"there are {', '.join(columns)}")


def _json_rows(text: str, columns: Sequence[str]) -> Iterator[Row]:
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        row = Row(line, {})
        try:
            row.cells = _cells(content)
        except (ValueError, RecursionError):
            row.refuse(None, "NOT_JSON", "this is not one JSON object of texts, numbers, true, false and null.")
        for name in [name for name in row.cells if name not in columns]:
            row.refuse(name[:100], "UNKNOWN_COLUMN", unknown(name[:100], columns))
        yield row


def _cells(content: str) -> dict[str, str]:
    """Numbers as they are spelt. Raises ValueError."""
    given = json.loads(
        content, parse_float=str, parse_int=str, parse_constant=_refuse, object_pairs_hook=_without_repeats
    )
    if not isinstance(given, dict) or any(isinstance(value, dict | list) for value in given.values()):
        raise ValueError("not an object of single values")
    return {name: _as_text(value) for name, value in given.items() if value is not None}


def _as_text(value: str | bool) -> str:
    """Raises ValueError for half of a surrogate pair."""
    text = value if isinstance(value, str) else str(value).lower()
    text.encode()
    return text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
