"""`python -m argus.station` is the command line."""

from argus.station.cli import main

main()
