"""Files are read without guessing: what could be read in two ways is refused, and says where."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from okr_api.exchange import columns
from okr_api.exchange.columns import lines
from okr_api.exchange.files import BadFile, read
from okr_api.exchange.numbers import mark_of, read_number, spelt

COLUMNS = {"title": columns.text, "value": columns.number, "day": columns.day}


def refusal(folder: Path, content: bytes, name: str = "file.csv") -> str:
    file = folder / name
    file.write_bytes(content)
    with pytest.raises(BadFile) as told:
        lines(file, COLUMNS, (), None)
    return str(told.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1 must name the columns"),
        (b"\n1,2\n", "line 1 must name the columns"),
        (b"title,valeu\n", "there is no column 'valeu': is it value?"),
        (b"title,Value\n", "there is no column 'Value': is it value?"),
        (b"title,zzz\n", "there is no column 'zzz': there are title, value, day"),
        (b"title,title\n", "the column title stands twice"),
        (b"title;value,day\n", "line 1 holds comma and semicolon"),
        (b"title|value\n", "there is no column 'title|value'"),
        (b"title,value\na,1\n\xfcb,2\n", "line 3 is not UTF-8"),
        ("title,value\n".encode("utf-16-le"), "line 1 holds a NUL"),
        ("title,value\n".encode("utf-32"), "UTF-32"),
        (b"\xff\xfea", "line 1 is not UTF-16"),
        (b'title,value\na,1\n"b,2\nc,3\n', "line 3: a quote is not closed"),
        (b'title,value\n"a"b,1\n', "line 2: a quote is not closed, or stands inside"),
        (b"title,value\n" + b"x" * 200_000 + b",1\n", "line 2: a cell has more than 131072"),
        (b"title,value\na,1\nb\0,2\n", "line 3 holds a NUL"),
        (b"title;value\na;1.234\n", "column value: 1.234 may be a thousand or a fraction: say --decimal"),
        (b"title;value\na;1,5\nb;1.5\n", "column value: 1.5 and 1,5 stand in one column"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(tmp_path, content)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    assert "must end in .csv or .jsonl" in refusal(tmp_path, b"", "file.xlsx")


def test_each_line_of_json_is_told_for_itself(tmp_path: Path) -> None:
    file = tmp_path / "file.jsonl"
    good = '{"title": "a\\u2028b\u2028", "value": 1.50, "day": null}'
    bad = ["[1]", "{", '{"a": 1, "a": 2}', '{"value": {}}', '{"value": NaN}', '{"title": "\\ud83d"}', "[" * 99999]
    file.write_text("\n".join([good, *bad, '{"titel": 1}', '{"value": "1,5"}']), encoding="utf-8")
    found = lines(file, COLUMNS, (), None)
    assert found[0].values == {"title": "a\u2028b\u2028", "value": "1.5"}
    assert [trouble.code for line in found[1:8] for trouble in line.row.troubles] == ["NOT_JSON"] * 7
    assert [str(trouble) for line in found[8:] for trouble in line.row.troubles] == [
        "line 9, titel: there is no column 'titel': is it title?",
        "line 10, value: a finite decimal of at most 18 digits is needed, as a string or a number.",
    ]


@pytest.mark.parametrize("day", ["1.2.2026", "02/01/2026", "2026-2-1", "2026-02-30", "20260201", "46054"])
def test_days_are_read_one_way_alone(tmp_path: Path, day: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text(f"title;day\na;{day}\n")
    (line,) = lines(file, COLUMNS, (), None)
    assert [trouble.column for trouble in line.row.troubles] == ["day"]


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_rows_are_told_by_the_line_that_they_begin_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, ending: str
) -> None:
    file = tmp_path_factory.mktemp("lines") / "file.csv"
    text, begins = f"title{delimiter}note{ending}", []
    for row in rows:
        begins.append(len(io.StringIO(text, newline="").readlines()) + 1)
        into = io.StringIO(newline="")
        csv.writer(into, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerow(row)
        text += into.getvalue()
    file.write_bytes(text.encode())
    found = read(file, ["title", "note"]).rows
    assert [row.line for row in found] == begins
    assume(not any(cell.startswith("'") for row in rows for cell in row))
    assert [(row.cells["title"], row.cells["note"]) for row in found] == rows


NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=None).map(
    lambda number: f"{number:.6f}"
)


@st.composite
def written(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A column as one program writes it, with a mark for fractions and perhaps one for thousands, and what it means."""
    fraction, thousands = draw(st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", "'")]))
    places = draw(st.integers(0, 4))
    meant, cells = [], []
    for number in draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5)):
        digits = f"{abs(number):0{places + 1}d}"
        whole, rest = (digits[:-places], digits[-places:]) if places else (digits, "")
        grouped = f"{int(whole):,}".replace(",", thousands)
        sign = "-" if number < 0 else ""
        kept = rest.rstrip("0") if draw(st.booleans()) else rest
        cells.append(f"{sign}{grouped}{fraction if kept else ''}{kept}")
        meant.append(f"{sign}{int(whole)}.{rest or '0'}")
    return cells, meant


@given(written())
def test_a_number_is_read_as_it_was_meant_or_not_at_all(column: tuple[list[str], list[str]]) -> None:
    cells, meant = column
    try:
        mark = mark_of("value", cells)
    except BadFile:
        return
    for cell, number in zip(cells, meant, strict=True):
        try:
            found = read_number(cell, mark)
        except ValueError:
            continue
        assert float(found) == float(number)


@given(st.lists(NUMBERS.map(lambda text: text.rstrip("0").rstrip(".")), min_size=1))
def test_numbers_as_they_are_exported_are_always_read(numbers: list[str]) -> None:
    cells = [spelt(number) for number in numbers]
    mark = mark_of("value", cells)
    assert [float(read_number(cell, mark)) for cell in cells] == [float(number) for number in numbers]


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["1,5", "1,234"], ["1.5", "1.234"]),
        (["0,123"], ["0.123"]),
        (["1.25", "1.234", "7"], ["1.25", "1.234", "7"]),
        (["1000", "+5", "-0"], ["1000", "5", "0"]),
    ],
)
def test_a_column_tells_how_its_numbers_are_spelt(cells: list[str], read_as: list[str]) -> None:
    mark = mark_of("value", cells)
    assert [read_number(cell, mark) for cell in cells] == read_as
