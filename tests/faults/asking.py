"""The GraphQL documents of the load."""

OWNER = """mutation($key: String!, $name: String!) {
    registerOwner(input: {name: $name, level: COMPANY, idempotencyKey: $key}) {
        owner { id } position userErrors { code } } }"""
QUARTER = """mutation($key: String!, $name: String!) {
    createCycle(input: {name: $name, startsOn: "2026-01-01", endsOn: "2026-03-31", idempotencyKey: $key}) {
        cycle { id } position userErrors { code } } }"""
OPEN = """mutation($key: String!, $id: ID!) {
    openCycle(input: {id: $id, idempotencyKey: $key}) { position userErrors { code } } }"""
CREATE = """mutation($key: String!, $cycle: ID!, $owner: ID!, $title: String!) {
    createObjective(input: {cycleId: $cycle, ownerId: $owner, title: $title, idempotencyKey: $key, keyResults: [
        {title: "KR", metric: {kind: INCREASE, start: 0, target: 1000}},
        {title: "Spare", metric: {kind: INCREASE, start: 0, target: 1000}}]}) {
        objective { id keyResults { id } } position userErrors { code } } }"""
CHECK_IN = """mutation($key: String!, $kr: ID!, $value: Decimal!) {
    recordCheckIn(input: {keyResult: {id: $kr}, value: $value, idempotencyKey: $key}) {
        position userErrors { code } } }"""
EDIT_KR = """mutation($key: String!, $kr: ID!, $title: String!) {
    editKR(input: {id: $kr, title: $title, idempotencyKey: $key}) { position userErrors { code } } }"""
EDIT_OBJECTIVE = """mutation($key: String!, $objective: ID!, $title: String!) {
    editObjective(input: {id: $objective, title: $title, idempotencyKey: $key}) { position userErrors { code } } }"""
DELEGATE = """mutation($key: String!, $kr: ID!, $owner: ID!, $title: String!) {
    delegateKR(input: {keyResultId: $kr, to: {ownerId: $owner}, title: $title, idempotencyKey: $key}) {
        position userErrors { code } } }"""
UNDELEGATE = """mutation($key: String!, $kr: ID!) {
    undelegateKR(input: {keyResultId: $kr, reason: "done", child: DETACH, idempotencyKey: $key}) {
        position userErrors { code } } }"""
READ = """query($kr: ID!, $spare: ID!, $asOf: AsOf) {
    measured: keyResult(id: $kr, asOf: $asOf) { title current objective { title } }
    spare: keyResult(id: $spare, asOf: $asOf) { delegatedTo { title } } }"""
