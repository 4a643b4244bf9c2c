"""`python -m layerpeel.backend.cli`: the command line where no script has been installed."""

from layerpeel.backend.cli.main import run

if __name__ == "__main__":
    run()
