/** Questions: what GraphiQL begins with, one after the other in its tabs. A test holds each against the schema. */

export const QUESTIONS = [
  {
    query: `# Which cycles are there? Take an id from here into the variables of the other tabs.
query Cycles {
  cycles { id name state approach startsOn endsOn }
}`,
  },
  {
    query: `# The whole tree, key results that became objectives included: who does what, and how far is it?
query Tree($cycle: ID!) {
  cascade(cycleId: $cycle, view: TIGHT) {
    position
    nodes {
      depth link
      item {
        ... on Objective { id title owner { name } progress health }
        ... on KeyResult { id title accountable { name } responsible { name } progress health }
      }
    }
  }
}`,
    variables: '{ "cycle": "" }',
  },
  {
    query: `# Who took a key result back, when and why?
query Who($cycle: ID!) {
  history(where: {cycleId: $cycle, types: ["KRDelegated", "KRUndelegated"]}, first: 20) {
    nodes { position recordedAt type actor { name } reason changes { field before after } hash }
  }
}`,
    variables: '{ "cycle": "" }',
  },
  {
    query: `# What became of the tree since the beginning?
query Since($cycle: ID!) {
  cascadeDiff(cycleId: $cycle, from: {position: "0"}) {
    added removed moved changed
    changes(first: 50) {
      nodes {
        kind item { ... on Objective { title } ... on KeyResult { title } }
        fields { field before after } events { type actor { name } reason }
      }
    }
  }
}`,
    variables: '{ "cycle": "" }',
  },
];
