/** Documents: all that this page ever asks the API. A test holds each against schema/okr.graphql. */

const CARD = `
fragment Card on OKR {
  __typename
  ... on Objective { id title progress health state owner { name level } }
  ... on KeyResult {
    id title progress measuredProgress cascadedProgress progressSource health accountable { id name } responsible { id name }
  }
  ... on Redacted { id progress }
}`;

const EVENT = `
fragment Event on AuditEvent {
  id position type recordedAt effectiveAt actor { name } command reason hash changes { field before after }
}`;

const NAMED = `
fragment Named on OKR {
  __typename
  ... on Objective { id title owner { name level } }
  ... on KeyResult { id title accountable { name level } }
  ... on Redacted { id }
}`;

const REFUSED = `
fragment Refused on UserError { code message path }`;

export const START = `query Start {
  cycles { id name state approach startsOn endsOn timeZone parent { id } }
  viewer { actor { name } roles }
}`;

export const TREE = `query Tree($cycle: ID!, $view: CascadeApproach!, $asOf: AsOf, $root: ID, $maxDepth: Int!, $maxNodes: Int!) {
  cascade(cycleId: $cycle, view: $view, asOf: $asOf, rootId: $root, maxDepth: $maxDepth, maxNodes: $maxNodes) {
    position time totalCount truncated
    nodes { itemId parentId link childCount context item { ...Card } }
    edges { parentId childId link }
  }
}${CARD}`;

export const CARDS = `query Cards($ids: [ID!]!) { nodes(ids: $ids) { ...Card } }${CARD}`;

export const ADVICE = `query Advice($ids: [ID!]!, $asOf: AsOf) {
  nodes(ids: $ids, asOf: $asOf) {
    ... on Objective { id advisories { message } }
    ... on KeyResult { id advisories { message } }
  }
}`;

export const STEPS = `query Steps($cycle: ID!, $view: CascadeApproach!, $after: String) {
  replay(cycleId: $cycle, view: $view, first: 200, after: $after) {
    nodes { position time command reason actor { name } } pageInfo { hasNextPage endCursor }
  }
}`;

export const REPORTS = `query Reports($cycle: ID!, $types: [String!]) {
  history(where: {cycleId: $cycle, types: $types}, first: 200) {
    nodes { position recordedAt command commandId reason actor { name } }
  }
}`;

export const COMPARISON = `query Comparison($cycle: ID!, $view: CascadeApproach!, $from: AsOf!, $to: AsOf, $after: String) {
  cascadeDiff(cycleId: $cycle, view: $view, from: $from, to: $to) {
    from to added removed moved changed
    changes(first: 200, after: $after) {
      nodes {
        kind item { ...Card } parentBefore parentAfter fields { field before after }
        events { id position type recordedAt reason actor { name } }
      }
      pageInfo { hasNextPage endCursor }
    }
    linksAdded { parentId childId link }
    linksRemoved { parentId childId link }
  }
}${CARD}`;

export const OBJECTIVE = `query ObjectiveDetail($id: ID!, $asOf: AsOf) {
  objective(id: $id, asOf: $asOf) {
    id version title description state commitment visibility progress health score outcome viewerCan
    owner { id name level } cycle { id name state }
    progressBreakdown { item { ...Named } weight progress source }
    lineOfSight { ...Named }
    delegatedFrom { id title accountable { name } }
    alignments { target { ...Named } contributes weight since }
    advisories { code message }
    history(first: 50) { nodes { ...Event } totalCount }
  }
}${NAMED}${EVENT}`;

export const KEY_RESULT = `query KeyResultDetail($id: ID!, $asOf: AsOf) {
  keyResult(id: $id, asOf: $asOf) {
    id version title current weight dueOn retired progress measuredProgress cascadedProgress progressSource rawProgress
    confidence health score disposition viewerCan checkInEveryDays createdAt
    metric { kind start target limit inclusive unit }
    targets { metric { kind start target limit unit } since until reason actor { name } }
    accountable { id name level } responsible { id name level }
    objective { id title cycle { id name startsOn endsOn } lineOfSight { ...Named } }
    delegatedTo { id title progress health owner { name level } }
    supportedBy(first: 20) { nodes { id title progress owner { name } } totalCount }
    checkIns(first: 100) {
      nodes { id value confidence note effectiveAt recordedAt source author { name } withdrawn correctedBy { id } }
      totalCount
    }
    advisories { code message }
    history(first: 50) { nodes { ...Event } totalCount }
  }
}${NAMED}${EVENT}`;

export const OWNERS = `query Owners($search: String) {
  owners(search: $search, first: 20) { nodes { id name level active } totalCount }
}`;

export const CHECK_IN = `mutation CheckIn($input: CheckInInput!) {
  recordCheckIn(input: $input) { position userErrors { ...Refused } }
}${REFUSED}`;

export const DELEGATE = `mutation Delegate($input: DelegateKRInput!) {
  delegateKR(input: $input) { position userErrors { ...Refused } objective { id } }
}${REFUSED}`;

export const UNDELEGATE = `mutation Undelegate($input: UndelegateKRInput!) {
  undelegateKR(input: $input) { position userErrors { ...Refused } }
}${REFUSED}`;

export const ALIGN = `mutation Align($input: AlignObjectiveInput!) {
  alignObjective(input: $input) { position userErrors { ...Refused } }
}${REFUSED}`;

export const CHANGED = `subscription Changed($cycle: ID!, $after: Position) {
  cascadeChanged(cycleId: $cycle, after: $after) {
    position changedIds events { type position recordedAt command commandId reason actor { name } }
  }
}`;
