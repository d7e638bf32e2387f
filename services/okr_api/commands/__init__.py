"""What the service can be asked to do: a page per aggregate, a frozen dataclass per command."""
