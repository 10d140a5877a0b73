"""`python -m collab` is the console script `collab`."""

from collab.cli import main

main(prog_name="collab")
