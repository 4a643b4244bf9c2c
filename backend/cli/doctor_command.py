"""`layerpeel doctor`: what is here, what is wrong with it, and what to do; for bug reports too."""

import typer

from layerpeel.backend.doctor.finding import Finding
from layerpeel.backend.doctor.installation import installation
from layerpeel.backend.doctor.kept_things import kept_things, log_tail
from layerpeel.backend.doctor.running_backend import running_backend
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.redaction import redacted


def doctor(context: typer.Context) -> None:
    """Look for the usual faults, and say their cures. The report tells no names and no secrets."""
    store = context.find_object(ModelStore) or ModelStore()
    findings = [*installation(), *kept_things(store), running_backend()]
    for each in findings:
        typer.echo(redacted(_told(each)))
    lines = log_tail()
    if lines:
        typer.echo("\nThe end of the log:")
        typer.echo(redacted("\n".join(lines)))
    faults = [each for each in findings if each.cure]
    typer.echo()
    if not faults:
        typer.echo("No fault was found.")
    for each in faults:
        typer.echo(redacted(f"{each.about}: {each.cure}"))


def _told(finding: Finding) -> str:
    return f"{'!' if finding.cure else ' '} {finding.about}: {finding.found}"
