"""`python -m soundstage`: the command line."""

from soundstage.cli import main

main()
