"""Check a commit's subject: ≤ 72 characters, a capital, the imperative, no full stop.

pre-commit runs it on the message before each commit: `commit_subject.py .git/COMMIT_EDITMSG`.
"""

import re
import sys
from pathlib import Path

LONGEST = 72

# Git writes the first ones itself; the others are to be melted into another commit.
FREE = re.compile(r"(Merge|Revert|fixup!|squash!|amend!) ")
OTHER_FORM = re.compile(r"\w+(?<!s)(?<!u)s|\w+ed|\w+ing", re.IGNORECASE)  # adds, added, adding
IMPERATIVE = {
    *("bring", "ping", "ring", "sing", "string", "swing"),
    *("bleed", "embed", "exceed", "feed", "heed", "need", "proceed", "seed", "shed", "speed"),
    *("succeed", "bias", "canvas"),
}


def faults_of(subject: str) -> list[str]:
    """Say what is wrong with a subject; nothing when it is as the house writes them."""
    if FREE.match(subject):
        return []
    first = re.split(r"[^\w-]", subject, maxsplit=1)[0]
    faults = []
    if not subject:
        faults.append("it is empty")
    if len(subject) > LONGEST:
        faults.append(f"it has {len(subject)} characters, and {LONGEST} fit: move the why below")
    if subject and not subject[0].isupper():
        faults.append("it does not begin with a capital")
    if subject.endswith("."):
        faults.append("it ends with a full stop")
    if OTHER_FORM.fullmatch(first) and first.lower() not in IMPERATIVE:
        faults.append(f"“{first}” is not the imperative: write “Add”, not “Adds” or “Added”")
    return faults


def subject_of(message: str) -> str:
    """First line of a message that is neither empty nor one of Git's comments."""
    lines = (line.rstrip() for line in message.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def main(path: str) -> int:
    """Check the message in a file, and say what is wrong with its subject."""
    subject = subject_of(Path(path).read_text(encoding="utf-8"))
    faults = faults_of(subject)
    for fault in faults:
        print(f"The commit's subject, “{subject}”: {fault}.", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
