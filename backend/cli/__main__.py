"""`python -m layerpeel.backend.cli`: the command line without the installed script."""

from layerpeel.backend.cli.main import run

if __name__ == "__main__":
    run()
