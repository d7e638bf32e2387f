"""Check-ins from files: recorded once, in their order, and what is wrong is told by line and column."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.serving import Api, Company
from exchange.running import counts, imported, okr, told
from okr_api.exchange.service import Service, ServiceFailed


@pytest.fixture
def krs(company: Company) -> list[str]:
    metric = {"kind": "INCREASE", "start": "0", "target": "10"}
    new = [{"title": title, "metric": metric, "externalRef": f"{company.name}-{title}"} for title in "AB"]
    new.append({"title": "C", "metric": {"kind": "MILESTONE"}})
    return [kr["id"] for kr in company.objective(keyResults=new)["keyResults"]]


def csv(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    file = folder / name
    file.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    return file


def check_ins(api: Api, kr: str) -> list[dict[str, Any]]:
    query = "query($id: ID!) { keyResult(id: $id) { checkIns { nodes { value confidence note source effectiveAt } } } }"
    found: list[dict[str, Any]] = api.ask(query, id=kr)["keyResult"]["checkIns"]["nodes"]
    return found


def test_rows_are_recorded_in_their_order_and_once(company: Company, krs: list[str], tmp_path: Path) -> None:
    file = csv(
        tmp_path,
        "keyResultId,keyResultRef,value,confidence,effectiveAt,note",
        f'{krs[0]},,1.5,0.8,2026-02-01T10:00:00+01:00,"two\r\nlines, with a comma"',
        f",{company.name}-B,2,,,",
        f",{company.name}-B,3,,,'=1+1",
        f",{company.name}-B,2,,,",
        "",
        ",,,,,",
    )
    assert counts(imported(company.api, "check-ins", file)) == (4, 0, 0)
    (first,) = check_ins(company.api, krs[0])
    assert first == {
        "value": "1.5",
        "confidence": "0.8",
        "note": "two\nlines, with a comma",
        "source": "import",
        "effectiveAt": "2026-02-01T09:00:00Z",
    }
    assert [(each["value"], each["note"]) for each in check_ins(company.api, krs[1])] == [
        ("2", None),
        ("3", "=1+1"),
        ("2", None),
    ]
    position = company.api.position()
    assert counts(imported(company.api, "check-ins", file)) == (0, 4, 0)
    assert company.api.position() == position


def test_the_same_rows_are_the_same_check_ins_in_any_spelling(company: Company, krs: list[str], tmp_path: Path) -> None:
    said = {"keyResultId": krs[0], "value": 1.5, "note": "ü", "effectiveAt": "2026-02-01T09:00:00Z"}
    lines = tmp_path / "file.jsonl"
    lines.write_text(json.dumps(said) + "\n" + json.dumps({"keyResultId": krs[0], "value": "-7"}))
    assert counts(imported(company.api, "check-ins", lines)) == (2, 0, 0)
    spelt = ["value;keyResultId;note;effectiveAt", f"1,50;{krs[0]};ü;2026-02-01T10:00:00+01:00", f"-7,0;{krs[0]};;"]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert counts(imported(company.api, "check-ins", csv(tmp_path, *spelt, encoding=encoding))) == (0, 2, 0)
    tabs = [line.replace(";", "\t") for line in spelt]
    assert counts(imported(company.api, "check-ins", csv(tmp_path, *tabs))) == (0, 2, 0)


def test_what_is_wrong_is_told_by_line_and_column_and_the_others_are_recorded(
    company: Company, krs: list[str], tmp_path: Path
) -> None:
    file = csv(
        tmp_path,
        "id,keyResultId,keyResultRef,value,confidence,effectiveAt,note",
        f'a{company.name},{krs[0]},,1,,,"lines\r\nof a note"',
        f",{krs[0]},,x,2,2026-02-01,",
        f",{krs[0]},R,1,,,",
        ",,,,,,n",
        f",{krs[0]},,1,,,,too many",
        "b,nowhere,,1,,,",
        f"c{company.name},{krs[0]},,1,2,2999-01-01T00:00:00Z,",
        f"d{company.name},{krs[2]},,2,,,",
        f"a{company.name},{krs[0]},,5,,,",
        f",,{company.name}-Z,1,,,",
    )
    wrong = [
        "4 value BAD_USER_INPUT",
        "4 effectiveAt BAD_USER_INPUT",
        "5 keyResultId VALUE_REQUIRED",
        "6 value VALUE_REQUIRED",
        "7 None WRONG_CELLS",
        "8 keyResultId NOT_FOUND",
        "9 confidence OUT_OF_RANGE",
        "10 value OUT_OF_RANGE",
        "11 id IDEMPOTENCY_MISMATCH",
        "12 keyResultRef NOT_FOUND",
    ]
    position = company.api.position()
    dry = imported(company.api, "check-ins", file, "--dry-run")
    assert counts(dry) == (1, 0, 9)
    # Whether it is in the future is also told beforehand; the service tells one thing at a time.
    assert [each for each in told(dry) if "FUTURE" not in each] == wrong
    none = imported(company.api, "check-ins", file, "--all-or-nothing")
    assert counts(none)[0] == 0
    assert company.api.position() == position
    report = imported(company.api, "check-ins", file)
    assert counts(report) == (1, 0, 9)
    assert told(report) == wrong
    assert len(check_ins(company.api, krs[0])) == 1
    shown = okr(company.api, "import", "check-ins", file)
    assert shown.stdout == "0 of 10 rows imported, 1 were there before, 9 refused\n"
    assert "line 4, value: a number such as 1234.5 is needed" in shown.stderr


def test_all_or_nothing_is_one_commit(company: Company, krs: list[str], tmp_path: Path) -> None:
    rows = [f"{krs[0]},{value}" for value in range(3)]
    position = company.api.position()
    file = csv(tmp_path, "keyResultId,value", *rows, "nowhere,1")
    report = imported(company.api, "check-ins", file, "--all-or-nothing")
    assert (counts(report)[0], told(report)) == (0, ["5 keyResultId NOT_FOUND"])
    assert company.api.position() == position
    assert counts(
        imported(company.api, "check-ins", csv(tmp_path, "keyResultId,value", *rows), "--all-or-nothing")
    ) == (
        3,
        0,
        0,
    )
    many = csv(tmp_path, "keyResultId,value", *rows * 334)
    refused = okr(company.api, "import", "check-ins", many, "--all-or-nothing")
    assert refused.exit_code == 1
    assert "--all-or-nothing takes one commit, which holds up to 1,000 check-ins" in refused.stderr


def test_ten_thousand_rows_are_recorded_once_and_count_in_the_order_of_the_file(
    company: Company, krs: list[str], tmp_path: Path
) -> None:
    note = "n" * 5000
    rows = [f"{krs[0]},{value},{note if value < 500 else ''}" for value in range(10_000)]
    file = csv(tmp_path, "keyResultId,value,note", *rows)
    accepted, duplicate, refused = counts(imported(company.api, "check-ins", file))
    assert (accepted + duplicate, refused) == (10_000, 0)  # where a batch was too late it was sent again
    found = company.api.ask("query($id: ID!) { keyResult(id: $id) { current checkIns { totalCount } } }", id=krs[0])
    assert found["keyResult"] == {"current": "9999", "checkIns": {"totalCount": 10_000}}
    assert counts(imported(company.api, "check-ins", file)) == (0, 10_000, 0)


def test_a_dry_run_asks_whether_one_may_report(company: Company, krs: list[str], tmp_path: Path) -> None:
    file = csv(tmp_path, "keyResultId,value", f"{krs[0]},1")
    assert counts(imported(company.api, "check-ins", file, "--dry-run")) == (1, 0, 0)
    assert told(imported(company.api.as_("auditor"), "check-ins", file, "--dry-run")) == ["2 keyResultId FORBIDDEN"]
    company.api.made("closeCycle", "cycle", id=company.cycle)
    assert told(imported(company.api, "check-ins", file, "--dry-run")) == ["2 keyResultId CYCLE_CLOSED"]
    assert check_ins(company.api, krs[0]) == []


def test_what_stands_in_the_way_of_the_whole_import_is_told_in_one_line(api: Api, tmp_path: Path) -> None:
    file = csv(tmp_path, "keyResultId,value", "x,1")
    for arguments, environment, words in (
        ([], {"OKR_TOKEN": ""}, "no token: set OKR_TOKEN"),
        ([], {"OKR_TOKEN": "a b"}, "the token is none"),
        ([], {"OKR_TOKEN": "abc"}, "UNAUTHENTICATED: Sign in"),
        ([], {"OKR_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1 does not answer"),
        ([], {"OKR_URL": "http://okr.example.org"}, "the token would travel readable"),
        ([], {"OKR_URL": "okr.example.org"}, "not an address"),
        (["--decimal", "x"], {}, "Invalid value for '--decimal'"),
    ):
        done = okr(api, "import", "check-ins", file, *arguments, **environment)
        assert done.exit_code == (2 if arguments else 1)
        assert words in done.stderr
        assert isinstance(done.exception, SystemExit)


def test_an_import_that_was_interrupted_goes_on(
    company: Company, krs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = csv(tmp_path, "keyResultId,value", *(f"{krs[0]},{value % 7}" for value in range(1500)))
    asked, ask = [], Service.ask

    def once(service: Service, query: str, variables: Any = None, **how: Any) -> Any:
        asked.append(query)
        if len(asked) == 3:
            raise ServiceFailed("it went away")
        return ask(service, query, variables, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Service, "ask", once)
        broken = okr(company.api, "import", "check-ins", file)
    assert broken.exit_code == 1
    assert "it went away; 1,000 rows are there, and the same command goes on from here" in broken.stderr
    assert counts(imported(company.api, "check-ins", file)) == (500, 1000, 0)
