"""Input types: a page per topic, each input with the command that it asks for."""
