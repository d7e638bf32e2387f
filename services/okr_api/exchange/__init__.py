"""Exchange: objectives and check-ins as files that people keep in spreadsheets, in and out through the public API."""
