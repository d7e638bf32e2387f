"""Webhooks: the outbox that is filled with the facts, and the courier that empties it."""
