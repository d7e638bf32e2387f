"""The organisation at one position, in memory: load it, keep it fresh, ask it."""
