"""What runs the whole service on one machine: PostgreSQL, child processes, demo data."""
