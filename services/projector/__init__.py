"""The projector: follows the event log and writes the facts that every question is asked of."""
