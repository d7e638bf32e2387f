"""`python -m okr_api.cli`: the same as `okr`."""

from okr_api.cli import main

main()
