"""The OKR cascade service: commands in, events kept, questions answered over GraphQL."""
