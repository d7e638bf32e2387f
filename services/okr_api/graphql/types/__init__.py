"""Output types: a page per topic."""
