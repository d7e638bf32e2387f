"""Compiled execution: plain queries without graphql-core in between, which stays the reference. Begin at plans.py."""
