"""A company's year, as its people live it through the public API: every number is checked by hand."""

from api.serving import Api, served
from year.firm import Firm, milestone, numbers

TOP = "Lead the market"
QUARTERS = {
    "Q1": ("2025-01-01", "2025-03-31"),
    "Q2": ("2025-04-01", "2025-06-30"),
    "Q3": ("2025-07-01", "2025-09-30"),
    "Q4": ("2025-10-01", "2025-12-31"),
}
DELEGATED = "responsible { name } disposition"
PROGRESS = "progress progressSource"


def test_a_company_runs_a_year_on_it(database: str) -> None:
    with served(database) as url:
        firm = Firm(Api(url))
        plans_the_year(firm)
        first_quarter(firm)
        second_quarter(firm)
        third_quarter(firm)
        fourth_quarter(firm)
        closes_the_year(firm)
        goes_on_in_the_next_year(firm)


def plans_the_year(firm: Firm) -> None:
    firm.owner("Acme", "COMPANY")
    for department in ("Sales", "Marketing", "Support"):
        firm.owner(department, "DEPARTMENT", "Acme")
    for person in ("Ana", "Ben"):
        firm.owner(person, "INDIVIDUAL", "Sales")
    firm.cycle("2025", "2025-01-01", "2025-12-31")
    for quarter, dates in QUARTERS.items():
        firm.cycle(quarter, *dates, inside="2025")
    assert firm.step("openCycle", "2025") == "OPEN"
    krs = numbers("Revenue", "0", "100", weight="2"), numbers("Churn", "10", "2"), milestone("New product")
    firm.objective(TOP, "Acme", "2025", *krs, commitment="COMMITTED", externalRef="strategy-1")
    firm.delegate("Churn", "Marketing", "Keep customers", numbers("Customers trained", "0", "40"))
    firm.delegate("New product", "Ben", "Build it", milestone("Prototype"))
    serves = [{"objectiveId": firm.ids[TOP]}]
    firm.objective("Go abroad", "Marketing", "2025", numbers("Offices", "0", "3"), alignTo=serves)
    firm.delegate("Offices", "Ben", "Find rooms", numbers("Rooms seen", "0", "30"))


def a_quarter_begins(firm: Firm, quarter: str, deals: str, visits: str, visitor: str) -> None:
    """The year's revenue becomes the quarter's objective of Sales, and visits become a person's; Acme reports too."""
    firm.step("openCycle", quarter)
    krs = numbers(f"Deals {quarter}", "0", deals, weight="3"), numbers(f"Visits {quarter}", "0", visits)
    firm.delegate("Revenue", "Sales", f"Sell {quarter}", *krs, cycle=quarter, retain=True)
    firm.delegate(f"Visits {quarter}", visitor, f"Travel {quarter}", numbers(f"Trips {quarter}", "0", visits))
    assert firm.kr_of("Revenue", f"delegatedTo {{ title }} {DELEGATED}") == (
        {"title": f"Sell {quarter}"},
        {"name": "Sales"},
        "BOTH",
    )
    assert firm.kr_of(f"Visits {quarter}", DELEGATED) == ({"name": visitor}, "DELEGATED")


def weeks(firm: Firm, first: int, last: int) -> None:
    """A deal and a trip more in every week."""
    for week in range(first, last + 1):
        quarter, done = f"Q{(week + 12) // 13}", (week - 1) % 13 + 1
        firm.check_in(f"Deals {quarter}", str(done), week)
        firm.check_in(f"Trips {quarter}", str(done), week)


def a_quarter_ends(firm: Firm, quarter: str, **scores: str) -> None:
    assert firm.step("beginClosingCycle", quarter) == "CLOSING"
    for kr, score in scores.items():
        firm.score(f"{kr} {quarter}", score)
    assert firm.objective_of(f"Sell {quarter}", "outcome") is None
    assert firm.step("closeCycle", quarter) == "CLOSED"


def first_quarter(firm: Firm) -> None:
    a_quarter_begins(firm, "Q1", deals="26", visits="10", visitor="Ana")
    weeks(firm, 1, 13)
    assert firm.kr_of("Deals Q1", "current progress") == ("13", "0.5")
    assert firm.kr_of("Trips Q1", "rawProgress progress") == ("1.3", "1")
    assert firm.kr_of("Visits Q1", PROGRESS) == ("1", "DELEGATE")
    assert firm.objective_of("Sell Q1", "progress") == "0.625"  # (3 x 0.5 + 1 x 1) / 4
    # What a quarter reached shows on the year's key result, but does not count there: a year is not one quarter.
    assert firm.kr_of("Revenue", f"cascadedProgress {PROGRESS}") == ("0.625", None, "NONE")
    firm.check_in("Revenue", "20", 13)
    firm.check_in("Customers trained", "10", 13)
    firm.check_in("Prototype", "0.5", 13)
    firm.retarget("Revenue", "80", "A competitor came.")
    assert firm.breakdown(TOP) == {
        "Revenue": ("2", "0.25", "MEASURED"),  # 20 / 80
        "Churn": ("1", "0.25", "DELEGATE"),  # 10 / 40
        "New product": ("1", "0.5", "DELEGATE"),
    }
    assert firm.objective_of(TOP, "progress") == "0.3125"  # (2 x 0.25 + 0.25 + 0.5) / 4
    a_quarter_ends(firm, "Q1", Deals="0.6")
    assert firm.objective_of("Sell Q1", "score outcome") == ("0.7", "ACHIEVED")  # (3 x 0.6 + 1 x 1) / 4


def second_quarter(firm: Firm) -> None:
    a_quarter_begins(firm, "Q2", deals="13", visits="26", visitor="Ana")
    assert firm.objective_of("Sell Q1", "delegatedFrom { id } progress") == (None, "0.625")
    why = {"reason": "Support knows them best.", "child": "DETACH"}
    answers = numbers("Questions answered", "0", "50")
    firm.delegate("Churn", "Support", "Answer well", answers, **why)
    assert firm.kr_of("Churn", f"{DELEGATED} progress") == ({"name": "Support"}, "DELEGATED", None)
    assert firm.objective_of("Keep customers", "delegatedFrom { id } progress state") == (None, "0.25", "ACTIVE")
    weeks(firm, 14, 26)
    firm.check_in("Revenue", "45", 26)
    firm.check_in("Questions answered", "20", 26)
    firm.retarget("Revenue", "90", "The competitor went.")
    assert firm.objective_of("Sell Q2", "progress") == "0.875"  # (3 x 13/13 + 1 x 13/26) / 4
    assert firm.objective_of(TOP, "progress") == "0.475"  # (2 x 45/90 + 20/50 + 0.5) / 4
    a_branch_is_given_up(firm)
    a_quarter_ends(firm, "Q2")
    assert firm.objective_of("Travel Q2", "score outcome") == ("0.5", "PARTIAL")  # 13 / 26


def a_branch_is_given_up(firm: Firm) -> None:
    branch = ["  Go abroad < aligned", "    Offices", "      Find rooms < delegated", "        Rooms seen"]
    before = firm.tree("2025")
    assert [line for line in before if line in branch] == branch
    refused = firm.api.refused("retireObjective", id=firm.ids["Go abroad"], reason="Too soon.")
    assert refused == ["CHILD_POLICY_REQUIRED children"]
    shown = "state keyResults { retired }"
    given = {"id": firm.ids["Go abroad"], "reason": "Too soon.", "children": "RETIRE"}
    assert firm.api.made("retireObjective", "objective", shown, **given)["state"] == "RETIRED"
    assert firm.objective_of("Find rooms", "state outcome") == ("RETIRED", "DROPPED")
    assert firm.tree("2025") == [line for line in before if line not in branch]


def third_quarter(firm: Firm) -> None:
    a_quarter_begins(firm, "Q3", deals="52", visits="52", visitor="Ana")
    weeks(firm, 27, 32)
    somebody_leaves(firm)
    weeks(firm, 33, 39)
    assert firm.objective_of("Sell Q3", "progress") == "0.25"  # (3 x 13/52 + 1 x 13/52) / 4
    why = {"reason": "The board wants to see it itself.", "child": "REALIGN"}
    shown = "disposition responsible { name } progress progressSource"
    taken_back = firm.api.made("undelegateKR", "keyResult", shown, keyResultId=firm.ids["New product"], **why)
    assert tuple(taken_back.values()) == ("OWNED", {"name": "Acme"}, None, "NONE")
    firm.check_in("Revenue", "90", 39)
    firm.retarget("Revenue", "120", "We can do more.")
    assert firm.breakdown(TOP) == {
        "Revenue": ("2", "0.75", "MEASURED"),  # 90 / 120
        "Churn": ("1", "0.4", "DELEGATE"),
        "New product": ("1", None, "NONE"),
        "Build it": ("1", "0.5", "SUPPORTERS"),
    }
    assert firm.objective_of(TOP, "progress") == "0.6"  # (2 x 0.75 + 0.4 + 0.5) / 4
    a_quarter_ends(firm, "Q3")
    assert firm.objective_of("Sell Q3", "score outcome") == ("0.25", "MISSED")


def somebody_leaves(firm: Firm) -> None:
    ana, ben = firm.ids["Ana"], firm.ids["Ben"]
    assert not firm.api.made("deactivateOwner", "owner", "active", id=ana, reason="New job")["active"]
    hand_over = {"fromOwnerId": ana, "toOwnerId": ben, "cycleId": firm.ids["2025"], "reason": "New job"}
    # The objective and the key result of this quarter; those of closed quarters stay hers.
    assert firm.api.do("transferOwnership", "transferred", **hand_over)["transferred"] == 2
    assert firm.kr_of("Visits Q3", DELEGATED) == ({"name": "Ben"}, "DELEGATED")
    assert firm.api.made("erasePerson", "owner", "name", ownerId=ana, reason="As she asked") == {
        "name": "erased person"
    }
    assert firm.objective_of("Travel Q1", "owner { id name }") == {"id": ana, "name": "erased person"}
    new = {"cycleId": firm.ids["Q3"], "ownerId": ana, "title": "Travel on"}
    assert firm.api.refused("createObjective", **new) == ["OWNER_INACTIVE ownerId"]


def fourth_quarter(firm: Firm) -> None:
    a_quarter_begins(firm, "Q4", deals="20", visits="13", visitor="Ben")
    weeks(firm, 40, 52)
    firm.check_in("Revenue", "112", 52)
    firm.check_in("New product", "0.8", 52)
    firm.retarget("Revenue", "128", "Christmas went well.")
    assert firm.objective_of("Sell Q4", "progress") == "0.7375"  # (3 x 13/20 + 1 x 13/13) / 4
    assert firm.objective_of(TOP, "progress") == "0.69"  # (2 x 112/128 + 0.4 + 0.8 + 0.5) / 5
    a_quarter_ends(firm, "Q4", Deals="0.5")
    assert firm.objective_of("Sell Q4", "score outcome") == ("0.625", "PARTIAL")  # (3 x 0.5 + 1 x 1) / 4


def closes_the_year(firm: Firm) -> None:
    assert firm.tree("2025", view="TIGHT") == [
        TOP,
        "  Revenue",
        "    Sell Q4 < delegated",
        "      Deals Q4",
        "      Visits Q4",
        "        Travel Q4 < delegated",
        "          Trips Q4",
        "  Churn",
        "    Answer well < delegated",
        "      Questions answered",
        "  New product",
        *["Keep customers", "  Customers trained", "Build it", "  Prototype"],
        *["Sell Q1", "  Deals Q1", "  Visits Q1", "    Travel Q1 < delegated", "      Trips Q1"],
        *["Sell Q2", "  Deals Q2", "  Visits Q2", "    Travel Q2 < delegated", "      Trips Q2"],
        *["Sell Q3", "  Deals Q3", "  Visits Q3", "    Travel Q3 < delegated", "      Trips Q3"],
    ]
    assert firm.step("beginClosingCycle", "2025") == "CLOSING"
    firm.score("Revenue", "0.9")
    firm.score("New product", "1")
    assert firm.step("closeCycle", "2025") == "CLOSED"
    # Scores of 0.9 and 1, and 0.4 of what was not scored: (2 x 0.9 + 1 + 0.4) / 4. All of what was promised is 1.
    assert firm.objective_of(TOP, "score outcome progress") == ("0.8", "PARTIAL", "0.69")
    assert firm.targets("Revenue") == [
        ("100", None),
        ("80", "A competitor came."),
        ("90", "The competitor went."),
        ("120", "We can do more."),
        ("128", "Christmas went well."),
    ]
    late = {"keyResult": {"id": firm.ids["Revenue"]}, "value": "130"}
    assert firm.api.refused("recordCheckIn", **late) == ["CYCLE_CLOSED keyResult"]


def goes_on_in_the_next_year(firm: Firm) -> None:
    firm.cycle("2026", "2026-01-01", "2026-12-31")
    firm.step("openCycle", "2026")
    krs = "keyResults { title progress disposition continuesFrom { id } metric { target } }"
    shown = f"id progress externalRef cycle {{ name }} continuesFrom {{ id }} {krs}"
    carry = {"id": firm.ids[TOP], "toCycleId": firm.ids["2026"]}
    new = firm.api.made("carryOverObjective", "objective", shown, **carry)
    assert (new["progress"], new["externalRef"], new["cycle"]) == (None, "strategy-1", {"name": "2026"})
    assert new["continuesFrom"] == {"id": firm.ids[TOP]}
    assert all(kr["continuesFrom"] == {"id": firm.ids[kr["title"]]} for kr in new["keyResults"])
    targets = {kr["title"]: (kr["metric"]["target"], kr["progress"], kr["disposition"]) for kr in new["keyResults"]}
    assert targets == {
        "Revenue": ("128", None, "OWNED"),
        "Churn": ("2", None, "OWNED"),
        "New product": (None, None, "OWNED"),
    }
    assert firm.api.made("carryOverObjective", "objective", shown, **carry) == new
    assert firm.objective_of(TOP, "externalRef progress") == (None, "0.69")
