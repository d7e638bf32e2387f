"""Console: the pages for people. They speak the public API alone, and nothing of them comes from elsewhere."""
