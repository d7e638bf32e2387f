"""Diff and replay over HTTP: what a client is told makes one tree of another."""

from typing import Any

from api.serving import Api, Company

ITEM = "item { ... on Objective { id title } ... on KeyResult { id title } }"
CHANGES = f"kind {ITEM} parentBefore parentAfter fields {{ field before after }} events {{ type }}"
LINKS = "linksAdded { parentId childId link } linksRemoved { parentId childId link }"
TREE = """query($cycle: ID!) { cascade(cycleId: $cycle) {
    nodes { itemId parentId } edges { parentId childId link } } }"""
DIFF = f"""query($cycle: ID!, $from: AsOf!, $to: AsOf, $root: ID, $first: Int, $after: String) {{
    cascadeDiff(cycleId: $cycle, from: $from, to: $to, rootId: $root) {{
        from to added removed moved changed {LINKS}
        changes(first: $first, after: $after) {{
            totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {CHANGES} }}
        }}
    }} }}"""
REPLAY = f"""query($cycle: ID!, $from: AsOf, $first: Int, $after: String) {{
    replay(cycleId: $cycle, from: $from, first: $first, after: $after) {{
        totalCount pageInfo {{ hasNextPage hasPreviousPage endCursor }} edges {{ cursor node {{ position }} }}
        nodes {{ position time command reason actor {{ id }} events {{ type }} changes {{ {CHANGES} }} {LINKS} }}
    }} }}"""


def retold(steps: list[dict[str, Any]]) -> tuple[dict[str, str | None], set[tuple[str, ...]]]:
    """The tree that a client makes of what it is told: parents, and links."""
    parents: dict[str, str | None] = {}
    links: set[tuple[str, ...]] = set()
    for step in steps:
        for change in step["changes"]:
            if change["kind"] == "REMOVED":
                del parents[change["item"]["id"]]
            else:
                parents[change["item"]["id"]] = change["parentAfter"]
        links -= {tuple(link.values()) for link in step["linksRemoved"]}
        links |= {tuple(link.values()) for link in step["linksAdded"]}
    return parents, links


def drawn(api: Api, cycle: str) -> tuple[dict[str, str | None], set[tuple[str, ...]]]:
    tree = api.ask(TREE, cycle=cycle)["cascade"]
    parents = {node["itemId"]: node["parentId"] for node in tree["nodes"]}
    return parents, {tuple(edge.values()) for edge in tree["edges"]}


def changed(url: str) -> tuple[Company, dict[str, str], str]:
    """A company, the cut from which on it is looked at, and an objective that went elsewhere."""
    company = Company(Api(url))
    api = company.api
    one, other = company.key_result(), company.key_result()
    low = company.objective("Low", alignTo=[{"keyResultId": one}])["id"]
    gone = company.objective("Gone")["id"]
    begin = {"position": str(api.position())}
    api.made("recordCheckIn", "checkIn", keyResult={"id": one}, value="4")
    api.made("unalignObjective", "objective", objectiveId=low, **{"from": {"keyResultId": one}})
    api.made("alignObjective", "objective", objectiveId=low, to={"keyResultId": other})
    api.made("editObjective", "objective", id=low, title="Lower", reason="It is lower")
    api.made("retireObjective", "objective", id=gone, reason="Done with")
    return company, begin, low


def test_a_diff_tells_what_became_of_a_tree(url: str) -> None:
    company, begin, low = changed(url)
    told = company.api.ask(DIFF, cycle=company.cycle, **{"from": begin})["cascadeDiff"]
    assert [told[name] for name in ("added", "removed", "moved", "changed")] == [0, 2, 1, 1]
    assert told["from"] == begin["position"]
    by_kind = {change["kind"]: change for change in told["changes"]["nodes"]}
    assert by_kind["MOVED"]["item"] == {"id": low, "title": "Lower"}
    assert by_kind["MOVED"]["fields"] == [{"field": "title", "before": "Low", "after": "Lower"}]
    events = [event["type"] for event in by_kind["MOVED"]["events"]]
    assert events == ["ObjectiveUnaligned", "ObjectiveAligned", "ObjectiveRetitled"]
    assert by_kind["CHANGED"]["fields"] == [{"field": "current", "before": None, "after": "4"}]
    back = company.api.ask(DIFF, cycle=company.cycle, **{"from": {"position": told["to"]}, "to": begin})["cascadeDiff"]
    assert [back[name] for name in ("added", "removed", "moved", "changed")] == [2, 0, 1, 1]
    assert back["linksAdded"] == told["linksRemoved"]


def test_changes_come_in_pages(url: str) -> None:
    company, begin, _ = changed(url)
    whole = company.api.ask(DIFF, cycle=company.cycle, **{"from": begin})["cascadeDiff"]["changes"]
    found, after = [], None
    while True:
        page = company.api.ask(DIFF, cycle=company.cycle, first=3, after=after, **{"from": begin})["cascadeDiff"]
        found += page["changes"]["nodes"]
        assert page["changes"]["totalCount"] == 4
        after = page["changes"]["pageInfo"]["endCursor"]
        if not page["changes"]["pageInfo"]["hasNextPage"]:
            break
    assert found == whole["nodes"]


def test_a_replay_makes_the_tree_of_today(url: str) -> None:
    company, begin, low = changed(url)
    whole = company.api.ask(REPLAY, cycle=company.cycle, first=200)["replay"]
    assert retold(whole["nodes"]) == drawn(company.api, company.cycle)
    assert whole["totalCount"] == len(whole["nodes"])
    late = company.api.ask(REPLAY, cycle=company.cycle, **{"from": begin})["replay"]["nodes"]
    commands = [step["command"] for step in late]
    assert commands == ["UnalignObjective", "AlignObjective", "EditObjective", "RetireObjective"]
    assert late[2]["reason"] == "It is lower"
    assert [change["item"] for change in late[2]["changes"]] == [{"id": low, "title": "Lower"}]
    found, after = [], None
    while True:
        page = company.api.ask(REPLAY, cycle=company.cycle, first=2, after=after)["replay"]
        assert page["totalCount"] == whole["totalCount"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole["nodes"]


def test_what_is_in_neither_cut_is_not_found(url: str) -> None:
    company, begin, _ = changed(url)
    for given in ({"cycle": "x"}, {"cycle": company.cycle, "root": "x"}):
        answer = company.api.answer(DIFF, {"from": begin, **given})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
