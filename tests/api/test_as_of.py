"""asOf: the whole answer as it was at a position or a time, under today's rights."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.serving import Api, Company, process, served

MOMENTS_AGO = "2020-01-01T00:00:00Z"
TREE = """query($cycle: ID!, $asOf: AsOf) { cascade(cycleId: $cycle, asOf: $asOf) { position time totalCount
  nodes { depth childCount link item { ... on Objective { title progress health keyResults { id current } }
                                       ... on KeyResult { current progress checkIns { totalCount } } } } } }"""
TITLE = "query($id: ID!, $asOf: AsOf) { objective(id: $id, asOf: $asOf) { title } }"


def title(api: Api, objective: str, **as_of: Any) -> Any:
    found = api.ask(TITLE, id=objective, asOf=as_of)["objective"]
    return found and found["title"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


def renamed(company: Company, objective: str, title: str) -> int:
    return int(company.api.do("editObjective", "__typename", id=objective, title=title)["position"])


def test_a_tree_is_as_it_was_with_all_that_stands_in_it(company: Company) -> None:
    kr = company.key_result()
    then = company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value="4")["position"]
    before = company.api.ask(TREE, cycle=company.cycle)
    company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value="8")
    company.objective("Another")
    company.api.made("retireKR", "keyResult", id=kr, reason="Enough")
    assert company.api.ask(TREE, cycle=company.cycle, asOf={"position": then}) == before
    assert company.api.ask(TREE, cycle=company.cycle, asOf={"time": before["cascade"]["time"]}) == before


def test_a_position_inside_a_commit_is_before_that_commit(company: Company) -> None:
    before = company.api.position()
    objective = company.objective()["id"]  # with a key result: two events at least
    after = company.api.position()
    assert after > before + 1
    assert title(company.api, objective, position=str(after)) == "Grow"
    assert [title(company.api, objective, position=str(p)) for p in range(before, after)] == [None] * (after - before)


def test_before_the_beginning_there_is_nothing(company: Company) -> None:
    query = """query($asOf: AsOf) { owners(asOf: $asOf) { totalCount } cycles(asOf: $asOf) { id }
      objectives(asOf: $asOf) { nodes { id } } }"""
    for as_of in ({"position": "0"}, {"time": MOMENTS_AGO}):
        answer = company.api.answer(query, {"asOf": as_of})
        assert answer["data"] == {"owners": {"totalCount": 0}, "cycles": [], "objectives": {"nodes": []}}
        assert answer["extensions"] == {"position": "0"}


@pytest.mark.parametrize(
    "as_of", [{"position": str(2**63 - 1)}, {"time": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}]
)
def test_the_future_is_not_answered(company: Company, as_of: Any) -> None:
    answer = company.api.answer(TREE, {"cycle": company.cycle, "asOf": as_of})
    assert codes(answer) == ["AS_OF_IN_FUTURE"]


@pytest.mark.parametrize(
    "as_of",
    [{}, {"position": "1", "time": MOMENTS_AGO}, {"position": None}, {"position": "-1"}, {"position": "x"},
     {"position": "9223372036854775808"}, {"position": True}, {"position": 1.5}, {"time": "yesterday"}],
)  # fmt: skip
def test_what_gives_no_cut_is_told_by_its_name(company: Company, as_of: Any) -> None:
    response = company.api.post(TREE, {"cycle": company.cycle, "asOf": as_of})
    (error,) = response.json()["errors"]
    assert response.status_code == 400
    assert (error["extensions"]["code"], error["extensions"]["variable"]) == ("BAD_USER_INPUT", "asOf")


def test_the_answer_tells_the_cuts_that_it_is_of(company: Company) -> None:
    first, second = (renamed(company, company.objective()["id"], name) for name in ("One", "Two"))
    asked = '{{ a: cycles(asOf: {{position: "{}"}}) {{ id }} b: cycles(asOf: {{position: {}}}) {{ id }} }}'
    assert company.api.answer(asked.format(first, first))["extensions"] == {"position": str(first)}
    assert company.api.answer(asked.format(second, first))["extensions"] == {
        "position": str(second),
        "positions": {"a": str(second), "b": str(first)},
    }


def test_no_more_cuts_are_asked_at_once_than_are_loaded_gladly(company: Company) -> None:
    end = company.api.position()
    asked = " ".join(f"c{n}: cycles(asOf: {{position: {end - n}}}) {{ id }}" for n in range(6))
    answer = company.api.answer(f"{{ {asked} }}")
    assert codes(answer) == ["QUERY_TOO_COMPLEX"]
    again = " ".join(f"c{n}: cycles(asOf: {{position: {end}}}) {{ id }}" for n in range(6))
    assert "errors" not in company.api.answer(f"{{ {again} }}")


def test_a_late_check_in_changes_last_week_but_not_what_was_known_last_week(company: Company) -> None:
    kr = company.key_result()
    last_week = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    known = company.api.position()
    company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value="7", effectiveAt=last_week)
    query = """query($id: ID!, $at: DateTime!, $asOf: AsOf) { keyResult(id: $id, asOf: $asOf) { current
      checkInAt(effective: $at) { value } } }"""
    today = company.api.ask(query, id=kr, at=last_week)["keyResult"]
    then = company.api.ask(query, id=kr, at=last_week, asOf={"position": str(known)})["keyResult"]
    assert today == {"current": "7", "checkInAt": {"value": "7"}}
    assert then == {"current": None, "checkInAt": None}


def test_health_is_that_of_the_time_asked_about(company: Company) -> None:
    kr = company.key_result()
    company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value="1", confidence="0.9")
    position = str(company.api.position())
    query = "query($id: ID!, $asOf: AsOf) { keyResult(id: $id, asOf: $asOf) { health } }"
    assert company.api.ask(query, id=kr, asOf={"position": position})["keyResult"] == {"health": "ON_TRACK"}


def test_pages_go_on_in_the_cut_that_they_began_in(company: Company) -> None:
    for name in "abc":
        company.objective(name)
    then = str(company.api.position())
    query = """query($cycle: ID!, $after: String, $asOf: AsOf) {
      objectives(where: {cycleId: $cycle}, first: 2, after: $after, asOf: $asOf) {
        totalCount nodes { title } pageInfo { endCursor hasNextPage } } }"""
    first = company.api.ask(query, cycle=company.cycle, asOf={"position": then})["objectives"]
    company.objective("d")
    after = first["pageInfo"]["endCursor"]
    rest = company.api.ask(query, cycle=company.cycle, after=after, asOf={"position": then})["objectives"]
    assert [node["title"] for node in first["nodes"] + rest["nodes"]] == ["a", "b", "c"]
    assert (rest["totalCount"], rest["pageInfo"]["hasNextPage"]) == (3, False)


def test_check_ins_are_paged_in_the_cut_too(company: Company) -> None:
    kr = company.key_result()
    for value in "123":
        company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value=value)
    then = str(company.api.position())
    company.api.do("recordCheckIn", "__typename", keyResult={"id": kr}, value="4")
    query = """query($id: ID!, $after: String, $asOf: AsOf) { keyResult(id: $id, asOf: $asOf) {
      checkIns(first: 2, after: $after) { totalCount nodes { value } pageInfo { endCursor } } } }"""
    first = company.api.ask(query, id=kr, asOf={"position": then})["keyResult"]["checkIns"]
    after = first["pageInfo"]["endCursor"]
    rest = company.api.ask(query, id=kr, after=after, asOf={"position": then})["keyResult"]["checkIns"]
    assert [node["value"] for node in first["nodes"] + rest["nodes"]] == ["3", "2", "1"]
    assert rest["totalCount"] == 3


def test_what_is_hidden_today_is_hidden_in_the_past_and_what_is_shown_is_shown(company: Company) -> None:
    stranger = company.api.as_("member", f"stranger {company.name}")
    hidden, shown = company.objective("Hidden")["id"], company.objective("Shown", visibility="LINE")["id"]
    then = str(company.api.position())
    assert [title(stranger, i, position=then) for i in (hidden, shown)] == ["Hidden", None]
    company.api.made("editObjective", "objective", id=hidden, visibility="LINE")
    company.api.made("editObjective", "objective", id=shown, visibility="ORGANISATION")
    assert [title(stranger, i, position=then) for i in (hidden, shown)] == [None, "Shown"]


def test_a_key_result_that_moved_into_what_is_hidden_is_hidden_where_it_was(company: Company) -> None:
    stranger = company.api.as_("member", f"stranger {company.name}")
    old, hidden = company.objective("Old"), company.objective("Hidden", visibility="LINE", keyResults=[])
    kr = old["keyResults"][0]["id"]
    then = {"position": str(company.api.position())}
    query = """query($o: ID!, $kr: ID!, $asOf: AsOf) { keyResult(id: $kr, asOf: $asOf) { id }
      objective(id: $o, asOf: $asOf) { keyResults { id } progressBreakdown { item { __typename } } } }"""
    assert stranger.ask(query, o=old["id"], kr=kr, asOf=then)["keyResult"] == {"id": kr}
    company.api.made("moveKR", "keyResult", id=kr, toObjectiveId=hidden["id"], reason="Secret")
    assert stranger.ask(query, o=old["id"], kr=kr, asOf=then) == {
        "keyResult": None,
        "objective": {"keyResults": [], "progressBreakdown": [{"item": {"__typename": "Redacted"}}]},
    }
    assert company.api.ask(query, o=old["id"], kr=kr, asOf=then)["keyResult"] == {"id": kr}


def test_names_of_people_are_todays_and_who_is_erased_stays_erased(company: Company) -> None:
    then = {"position": str(company.api.position())}
    query = """query($id: ID!, $name: String, $asOf: AsOf) { owner(id: $id, asOf: $asOf) { name version }
      owners(search: $name, asOf: $asOf) { totalCount } }"""
    name = f"Ana {company.name}"
    assert company.api.ask(query, id=company.ana, name=name, asOf=then) == {
        "owner": {"name": name, "version": 1},
        "owners": {"totalCount": 1},
    }
    company.api.made("erasePerson", "owner", ownerId=company.ana, reason="Asked for it")
    assert company.api.ask(query, id=company.ana, name=name, asOf=then) == {
        "owner": {"name": "erased person", "version": 1},
        "owners": {"totalCount": 0},
    }


def test_what_may_be_done_is_said_of_the_thing_as_it_stands_now(company: Company) -> None:
    objective = company.objective()["id"]
    then = {"position": str(company.api.position())}
    company.api.made("retireObjective", "objective", id=objective, reason="Enough")
    query = "query($id: ID!, $asOf: AsOf) { objective(id: $id, asOf: $asOf) { state viewerCan } }"
    found = company.api.ask(query, id=objective, asOf=then)["objective"]
    assert found == {"state": "ACTIVE", "viewerCan": ["restoreObjective"]}


def test_a_least_position_and_a_cut_go_together(company: Company) -> None:
    objective = company.objective("One")["id"]
    then = str(company.api.position())
    least = str(renamed(company, objective, "Two"))
    answer = company.api.answer(TITLE, {"id": objective, "asOf": {"position": then}}, OKR_Min_Position=least)
    assert answer["data"]["objective"]["title"] == "One"
    assert answer["extensions"] == {"position": then}


def test_a_cut_that_the_log_holds_and_the_facts_do_not_yet_is_waited_for(database: str) -> None:
    with served(database, projector=False, OKR_READABLE_TIMEOUT="0.3") as url:
        api = Api(url)
        position = api.do("registerOwner", "__typename", name="CEO", level="COMPANY")["position"]
        query = "query($asOf: AsOf) { owners(asOf: $asOf) { totalCount } }"
        answer = api.answer(query, {"asOf": {"position": position}})
        assert codes(answer) == ["NOT_YET_READABLE"]
        with process("projector", database):
            while "errors" in answer:
                answer = api.answer(query, {"asOf": {"position": position}})
        assert answer["data"] == {"owners": {"totalCount": 1}}
