"""The README's tour, run as it stands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from api.serving import DATABASES

README = Path(__file__).parents[2] / "README.md"
MISSING = [program for program in ("bash", "curl", "python3") if not shutil.which(program)]


def commands(section: str) -> str:
    """The indented lines of a section."""
    text = README.read_text().split(f"## {section}")[1].split("\n## ")[0]
    return "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))


def ran(url: str, script: str, folder: Path | None = None) -> list[str]:
    """The lines that the commands write; in a folder of theirs they may say something besides."""
    okr = f"{sys.executable} -m okr_api.cli"
    script = script.replace("http://127.0.0.1:8000", url).replace(".venv/bin/okr", okr)
    # The tour is taken several times on one service, each time with another key result.
    script = script.replace("tour-1", uuid4().hex)
    environment = os.environ | {"DATABASE_URL": DATABASES[url], "OKR_ENVIRONMENT": "development", "OKR_URL": url}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = ["bash", "-c", script]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert folder or done.stderr == ""
    return done.stdout.splitlines()


needs_a_shell = pytest.mark.skipif(
    bool(MISSING) and "CI" not in os.environ, reason=f"not on this machine: {', '.join(MISSING)}"
)


@needs_a_shell
def test_the_tour_ends_in_the_tree_of_its_delegated_key_result(url: str) -> None:
    script = commands("A tour")
    # What the tour says of its check-in: sent twice it is recorded once.
    again = next(line for line in script.splitlines() if "recordCheckIn" in line)
    lines = ran(url, f"{script}\n{again}")
    tree = json.loads("\n".join(lines[lines.index("{") : lines.index("}") + 1]))
    titles = [(node["depth"], node["link"], node["item"]["title"]) for node in tree["data"]["cascade"]["nodes"]]
    assert titles[1:3] == [
        (1, "CONTAINS", "Grow revenue from new markets from 0-10%"),
        (2, "DELEGATES", "Grow revenue from new markets"),
    ]
    sent = [json.loads(line)["data"]["recordCheckIn"] for line in lines if "recordCheckIn" in line]
    assert [answer["duplicate"] for answer in sent] == [False, True]
    assert sent[0]["position"] == sent[1]["position"]


@needs_a_shell
def test_what_is_told_about_time_goes_on_from_the_tour(url: str) -> None:
    lines = ran(url, commands("A tour") + "\n" + commands("Time"))
    late, today, then, tree, diff, replay = (json.loads(line) for line in lines[-10:-4])
    assert late["data"]["recordCheckIn"] == {"checkIn": {"value": "7"}}
    assert today["data"]["keyResult"] == {"checkInAt": {"value": "7"}}
    assert then["data"]["keyResult"] == {"checkInAt": None}
    assert tree["extensions"]["position"] == tree["data"]["cascade"]["position"] == then["extensions"]["position"]
    assert diff["data"]["cascadeDiff"]["added"] == tree["data"]["cascade"]["totalCount"]
    steps = replay["data"]["replay"]["nodes"]
    assert [step["command"] for step in steps] == ["CreateObjective", "DelegateKR"]
    _, told, before, change = (json.loads(line)["data"] for line in lines[-4:])
    (event,) = told["history"]["nodes"]
    assert (event["command"], event["reason"]) == ("UndelegateKR", "New markets move to marketing")
    (taken,) = (node for node in before["cascade"]["nodes"] if node["item"].get("disposition") == "DELEGATED")
    assert taken["item"]["responsible"] == {"name": "VP Sales"}
    assert [link["link"] for link in change["cascadeDiff"]["linksRemoved"]] == ["DELEGATES"]


@needs_a_shell
def test_whoever_asks_again_is_told_that_nothing_changed(url: str) -> None:
    signing_in = commands("A tour").splitlines()[0]
    assert ran(url, signing_in + "\n" + commands("Asking again")) == ["304"]


@needs_a_shell
def test_an_event_of_the_readme_is_recorded(url: str) -> None:
    lines = ran(url, commands("A tour") + "\n" + commands("Check-ins as CloudEvents"))
    (answer,) = json.loads(lines[-1])
    assert (answer["id"], answer["status"]) == ("2026-w05", "ACCEPTED")


@needs_a_shell
def test_what_is_told_about_files_is_imported_once(url: str, tmp_path: Path) -> None:
    lines = ran(url, commands("A tour") + "\n" + commands("Import and export"), tmp_path)
    assert "Diversify by expanding into three new markets" in (tmp_path / "tree.csv").read_text()
    dry, first, again = lines[-3:]
    assert dry == "1 of 1 rows could be imported; nothing is written"
    assert first == "1 of 1 rows imported"
    assert json.loads(again) == {
        "dryRun": False,
        "rows": 1,
        "accepted": 0,
        "duplicate": 1,
        "refused": 0,
        "errors": [],
    }


@needs_a_shell
def test_what_is_told_live_goes_on_from_the_tour(url: str) -> None:
    lines = ran(url, commands("A tour") + "\n" + commands("Live"))
    told = json.loads(lines[-1].removeprefix("data: "))["data"]["cascadeChanged"]
    assert told["position"] == lines[-2].removeprefix("id: ")
    assert told["events"]
    assert told["changedIds"]
