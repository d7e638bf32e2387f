"""The API: a GraphQL schema over snapshots and commands, and its view over HTTP."""
