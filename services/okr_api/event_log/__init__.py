"""The event log in PostgreSQL: appended with guards, loaded, followed, migrated."""
