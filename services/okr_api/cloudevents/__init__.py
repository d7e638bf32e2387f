"""CloudEvents: the door for systems that send check-ins as events, beside GraphQL."""
