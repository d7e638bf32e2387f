"""Objectives from files and trees as files: what goes out comes in again, and what is wrong is told row by row."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.serving import Api, Company, served
from exchange.running import counts, imported, okr, told
from okr_api.exchange.files import read
from okr_api.exchange.tree import WRITTEN, Csv

NASTY = ["=1+1", "'=1+1", "-5 %", "+1", "@a", "\tx", 'a;b,c\t"d"', "two\r\nlines", "'", "ü 🎯", " spaces "]
METRICS: list[dict[str, Any]] = [
    {"kind": "INCREASE", "start": "-1.125", "target": "1000"},
    {"kind": "DECREASE", "start": "2.250", "target": "0.5", "unit": "%"},
    {"kind": "MAINTAIN_AT_LEAST", "target": "99.9", "limit": "95", "inclusive": False},
    {"kind": "MAINTAIN_AT_MOST", "target": "4.125"},
    {"kind": "MILESTONE", "unit": "=done"},
]


FORMULAS = tuple("=+-@\t\r")


def tree(company: Company) -> str:
    """The id of a cycle in which there is a bit of everything."""
    api, cycle = company.api, company.cycle
    metrics = [{"title": text, "metric": metric} for text, metric in zip(NASTY, METRICS, strict=False)]
    metrics[0] |= {"weight": "2.125", "dueOn": "2026-06-30", "checkInEveryDays": 14, "ownerId": company.ana}
    metrics[1] |= {"externalRef": f"{company.name}-KR"}
    top = company.objective(NASTY[0], keyResults=metrics, description=NASTY[7], externalRef=f"={company.name}-O")
    krs = [kr["id"] for kr in top["keyResults"]]
    made = {}
    for number, text in enumerate(NASTY[1:]):
        wanted = {"commitment": "COMMITTED", "visibility": "LINE"} if number == 1 else {"draft": number == 2}
        made[number] = company.objective(text, ownerId=company.ana if number % 2 else company.ceo, **wanted)["id"]
    api.made("delegateKR", "objective", keyResultId=krs[0], to={"objectiveId": made[1]}, retain=True)
    for child, target, more in (
        (0, {"objectiveId": top["id"]}, {}),
        (3, {"keyResultId": krs[1]}, {"contributes": True, "weight": "1.250"}),
        (3, {"objectiveId": top["id"]}, {"contributes": True, "weight": "3"}),
        (5, {"objectiveId": made[3]}, {}),
        (1, {"objectiveId": made[0]}, {}),
    ):
        api.made("alignObjective", "objective", objectiveId=made[child], to=target, **more)
    dates = {"startsOn": "2026-04-01", "endsOn": "2026-06-30"}
    quarter = api.made("createCycle", "cycle", name=f"Q2 {company.name}", parentId=cycle, approach="MIXED", **dates)[
        "id"
    ]
    inner = company.objective("Inside", cycleId=quarter, alignTo=[{"objectiveId": top["id"]}])
    api.made("openCycle", "cycle", id=quarter)
    api.made("recordCheckIn", "checkIn", keyResult={"id": inner["keyResults"][0]["id"]}, value="5")
    return cycle


def exported(api: Api, cycle: str, file: Path) -> Path:
    done = okr(api, "export", "tree", "--cycle", cycle, "--format", file.suffix[1:], "--output", file)
    assert done.exit_code == 0, done.stderr
    return file


def said(file: Path, *but: str) -> list[dict[str, str]]:
    """What each row says, but for what is only so there; ids are told by the places of their rows."""
    rows = [row.cells for row in read(file, WRITTEN).rows]
    places = {row["id"]: str(place) for place, row in enumerate(rows) if row["type"] != "link"}
    without = {"current", "progress", "health", *but}
    return [{name: places.get(cell, cell) for name, cell in row.items() if name not in without} for row in rows]


@pytest.fixture
def elsewhere(database: str) -> Iterator[Api]:
    with served(database) as url:
        yield Api(url)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_tree_goes_out_and_comes_into_another_service(
    company: Company, elsewhere: Api, tmp_path: Path, kind: str
) -> None:
    out = exported(company.api, tree(company), tmp_path / f"out.{kind}")
    rows = said(out)
    assert len(rows) == 1 + 5 + 10 * 2 + 2 + 2
    ceo = elsewhere.made("registerOwner", "owner", name=f"CEO {company.name}", level="COMPANY")["id"]
    elsewhere.made("registerOwner", "owner", name=f"Ana {company.name}", level="INDIVIDUAL", parentId=ceo)
    dates = {"startsOn": "2026-01-01", "endsOn": "2026-12-31"}
    cycle = elsewhere.made("createCycle", "cycle", name="There", approach="MIXED", **dates)["id"]
    inner = {"startsOn": "2026-04-01", "endsOn": "2026-06-30", "parentId": cycle}
    elsewhere.made("createCycle", "cycle", name=f"Q2 {company.name}", approach="MIXED", **inner)
    position = elsewhere.position()
    dry = imported(elsewhere, "objectives", out, "--cycle", "There", "--dry-run")
    assert (counts(dry), told(dry), elsewhere.position()) == ((len(rows), 0, 0), [], position)
    assert counts(imported(elsewhere, "objectives", out, "--cycle", "There")) == (len(rows), 0, 0)
    assert sorted(map(str, said(exported(elsewhere, cycle, tmp_path / f"again.{kind}")))) == sorted(map(str, rows))
    position = elsewhere.position()
    assert counts(imported(elsewhere, "objectives", out, "--cycle", cycle)) == (0, len(rows), 0)
    assert elsewhere.position() == position


def test_a_tree_comes_into_another_cycle_of_its_service(company: Company, tmp_path: Path) -> None:
    krs = [{"title": "Revenue", "metric": METRICS[0], "externalRef": f"{company.name}-1"}]
    top = company.objective("Top", keyResults=krs, externalRef=f"{company.name}-2")
    child = company.objective("Below", alignTo=[{"keyResultId": top["keyResults"][0]["id"]}], keyResults=[])
    out = exported(company.api, company.cycle, tmp_path / "out.csv")
    other = company.open_cycle()
    taken = imported(company.api, "objectives", out, "--cycle", other)
    assert counts(taken) == (0, 0, 3)
    assert {code.split(" ", 1)[1] for code in told(taken)} == {"externalRef EXTERNAL_REF_TAKEN", "None PART_REFUSED"}
    dry = imported(company.api, "objectives", out, "--cycle", other, "--dry-run")
    assert told(dry)[:2] == ["2 externalRef EXTERNAL_REF_TAKEN", "3 externalRef EXTERNAL_REF_TAKEN"]
    assert counts(imported(company.api, "objectives", out, "--cycle", other, "--without-refs")) == (3, 0, 0)
    again = exported(company.api, other, tmp_path / "again.csv")
    assert said(again) == said(out, "externalRef")
    assert child["id"] not in again.read_text()


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(NASTY)


@given(st.lists(st.fixed_dictionaries({"title": TEXT, "description": TEXT, "unit": TEXT}), min_size=1))
def test_every_text_survives_a_spreadsheet_without_being_a_formula(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    file = tmp_path_factory.mktemp("texts") / "file.csv"
    with file.open("w", newline="") as into:
        writer = Csv(into)
        for row in rows:
            writer.write({"type": "objective", **row})
    with file.open(newline="") as lines:
        assert not [cell for row in csv.reader(lines) for cell in row if cell.startswith(FORMULAS)]
    found = [row.cells for row in read(file, WRITTEN).rows]
    assert found == [{"type": "objective", **{name: text for name, text in row.items() if text}} for row in rows]


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "file.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


KR = {"type": "keyResult", "kind": "INCREASE", "start": 0, "target": 10}


def test_rows_name_what_they_hang_from_in_three_ways(company: Company, tmp_path: Path) -> None:
    standing = company.objective("Standing", externalRef=f"{company.name}-S")
    owner = {"owner": f"CEO {company.name}"}
    file = written(
        tmp_path,
        {"title": "Top", "parentRef": f"{company.name}-S", **owner},
        KR | {"title": "Revenue"},
        {"id": "b", "title": "B", "parentPath": "Top > Revenue", "link": "SUPPORTS", **owner},
        {"title": "C", "parentId": "b", **owner},
        {"title": "D", "parentId": standing["keyResults"][0]["id"], "link": "DELEGATES", **owner},
        {"type": "link", "id": "b", "parentId": standing["id"], "contributes": True, "weight": "2"},
    )
    assert counts(imported(company.api, "objectives", file, "--cycle", company.cycle, "--dry-run")) == (6, 0, 0)
    assert counts(imported(company.api, "objectives", file, "--cycle", company.cycle)) == (6, 0, 0)
    query = """query($id: ID!) { cascade(cycleId: $id) { nodes { depth link
      item { ... on Objective { title } ... on KeyResult { title } } } edges { contributes weight } } }"""
    found = company.api.ask(query, id=company.cycle)["cascade"]
    assert [(node["depth"], node["link"], node["item"]["title"]) for node in found["nodes"]] == [
        (0, None, "Standing"),
        (1, "CONTAINS", "Revenue"),
        (2, "DELEGATES", "D"),
        (1, "ALIGNS", "Top"),
        (2, "CONTAINS", "Revenue"),
        (3, "SUPPORTS", "B"),
        (4, "ALIGNS", "C"),
    ]
    assert {"contributes": True, "weight": "2"} in found["edges"]
    assert counts(imported(company.api, "objectives", file, "--cycle", company.cycle)) == (0, 6, 0)


def test_what_is_wrong_is_told_at_its_row_and_the_rest_is_created(company: Company, tmp_path: Path) -> None:
    twice = f"Twin {company.name}"
    for _ in range(2):
        company.api.made("registerOwner", "owner", name=twice, level="TEAM", parentId=company.ceo)
    owner, taken = {"owner": f"CEO {company.name}"}, f"{company.name}-T"
    company.objective("Standing", externalRef=taken)
    file = written(
        tmp_path,
        {"title": "Good", "id": "good", **owner},
        KR | {"title": "Revenue", "weight": 2},
        {"title": "", **owner},
        {"title": "No owner"},
        {"title": "Nobody", "owner": "Nobody"},
        {"title": "Twin", "owner": twice},
        {"title": "Elsewhere", "cycle": "Nowhere", **owner},
        {"title": "Bad key result", "id": "bad", **owner},
        KR | {"title": "Wrong way", "target": -1},
        {"title": "Below the bad", "parentId": "bad", **owner},
        {"title": "In the air", "parentId": "later", **owner},
        {"title": "Taken", "externalRef": taken, **owner},
        {"title": "Above", "parentId": "good", "link": "SUPPORTS", **owner},
        {"title": "Below a key result", "parentPath": "Good > Revenue", **owner},
        {"title": "x" * 501, **owner},
    )
    wrong = [
        "3 title TEXT_EMPTY",
        "4 owner VALUE_REQUIRED",
        "5 owner NOT_FOUND",
        "6 owner AMBIGUOUS",
        "7 cycle NOT_FOUND",
        "9 target METRIC_DIRECTION",
        "10 None PART_REFUSED",
        "11 parentId NOT_FOUND",
        "12 externalRef EXTERNAL_REF_TAKEN",
        "14 link VALUE_REQUIRED",
        "15 title TEXT_TOO_LONG",
    ]
    position = company.api.position()
    dry = imported(company.api, "objectives", file, "--cycle", company.cycle, "--dry-run")
    assert told(dry) == sorted([*wrong, "13 link LINK_NOT_ADMITTED"], key=lambda each: int(each.split()[0]))
    assert counts(dry) == (2, 0, 13)
    assert company.api.position() == position
    report = imported(company.api, "objectives", file, "--cycle", company.cycle)
    assert counts(report)[0] == 3  # an alignment is all that an objective can have with another
    assert told(report) == wrong


def test_all_or_nothing_is_one_commit(company: Company, tmp_path: Path) -> None:
    owner = {"owner": f"CEO {company.name}"}
    rows = [{"title": "A", **owner}, KR | {"title": "Revenue"}, {"title": "B", **owner}]
    position = company.api.position()
    options = ("--cycle", company.cycle, "--all-or-nothing")
    bad = imported(company.api, "objectives", written(tmp_path, *rows, KR | {"title": "C", "target": -1}), *options)
    assert (counts(bad)[0], told(bad)) == (0, ["4 target METRIC_DIRECTION"])
    assert company.api.position() == position
    good = written(tmp_path, *rows)
    assert counts(imported(company.api, "objectives", good, *options)) == (3, 0, 0)
    assert counts(imported(company.api, "objectives", good, *options)) == (0, 3, 0)
    linked = written(tmp_path, *rows, {"title": "D", "parentPath": "A", **owner})
    refused = okr(company.api, "import", "objectives", linked, *options)
    assert refused.exit_code == 1
    assert "line 4 takes another" in refused.stderr


def test_a_row_that_says_something_new_is_no_second_objective(company: Company, tmp_path: Path) -> None:
    row = {"title": "A", "owner": f"CEO {company.name}"}
    options = ("--cycle", company.cycle)
    assert counts(imported(company.api, "objectives", written(tmp_path, row, row), *options)) == (2, 0, 0)
    changed = written(tmp_path, row | {"description": "More"}, row)
    report = imported(company.api, "objectives", changed, *options)
    assert (counts(report), told(report)) == ((0, 1, 1), ["1 None IDEMPOTENCY_MISMATCH"])


def test_only_what_one_may_read_goes_out(company: Company, tmp_path: Path) -> None:
    company.objective("Open")
    company.objective("Secret", visibility="LINE", ownerId=company.ana)
    file = tmp_path / "out.csv"
    done = okr(company.api.as_("member"), "export", "tree", "--cycle", company.cycle, "--output", file)
    assert "exported 2 rows; 2 that you may not read are left out" in done.stderr
    assert "Secret" not in file.read_text()


def test_the_export_of_the_log_stays_where_it_was(api: Api) -> None:
    done = okr(api, "export")
    assert done.exit_code == 2
    assert "Missing option '--cycle'" in done.stderr
    for command in (["import"], ["import", "objectives"], ["import", "check-ins"], ["export"], ["export", "tree"]):
        assert "Examples:" in okr(api, *command, "--help").stdout
