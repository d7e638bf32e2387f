"""A key result to report on, and how."""

from faults.service import Client

OWNER = "mutation($name: String!) { registerOwner(input: {name: $name, level: COMPANY}) { owner { id } } }"
CYCLE = """mutation {
    createCycle(input: {name: "Q1", startsOn: "2026-01-01", endsOn: "2026-03-31"}) { cycle { id } } }"""
OPEN = "mutation($id: ID!) { openCycle(input: {id: $id}) { cycle { state } } }"
OBJECTIVE = """mutation($cycle: ID!, $owner: ID!) {
    createObjective(input: {cycleId: $cycle, ownerId: $owner, title: "O", keyResults: [
        {title: "KR", metric: {kind: INCREASE, start: 0, target: 10}}]}) { objective { keyResults { id } } } }"""
CHECK_IN = """mutation($kr: ID!, $value: Decimal!, $key: String!) {
    recordCheckIn(input: {keyResult: {id: $kr}, value: $value, idempotencyKey: $key}) {
        checkIn { id } position userErrors { code } } }"""


async def key_result(client: Client) -> str:
    owner = (await client.ask(OWNER, name="CEO"))["registerOwner"]["owner"]["id"]
    cycle = (await client.ask(CYCLE))["createCycle"]["cycle"]["id"]
    await client.ask(OPEN, id=cycle)
    made = await client.ask(OBJECTIVE, cycle=cycle, owner=owner)
    return str(made["createObjective"]["objective"]["keyResults"][0]["id"])
