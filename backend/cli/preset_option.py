"""`--preset`: how to peel, as it was saved in Krita or came as a file."""

from collections.abc import Sequence
from pathlib import Path

from layerpeel.backend.errors import BadInputError, reason_of
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.presets import PresetFolder, read_preset
from layerpeel.shared.places import presets_folder
from layerpeel.shared.presets import MOST_BYTES, Preset, PresetLift, PresetResult
from layerpeel.shared.protocol import Lift, Subject, Things, Words

_ENDING = ".toml"


def preset_called(text: str) -> Preset:
    """Find a preset by the path of its file, or by its name among those that are kept.

    Raises BadInputError when there is none, or it cannot be read.
    """
    if text.endswith(_ENDING):
        path = Path(text)
        try:
            content = read_regular(path, MOST_BYTES + 1)
        except OSError as error:
            raise BadInputError(f"The preset {path} cannot be read: {reason_of(error)}.") from error
        return read_preset(content, f"The preset {path.name}")
    kept = PresetFolder(presets_folder()).listed()
    for each in kept.kept:
        if text in (each.name, each.preset.title):
            return each.preset
    names = ", ".join(each.name for each in kept.kept) or "none yet"
    raise BadInputError(
        f"No preset is called “{text}”. There are: {names}; or give the path of a {_ENDING} file."
    )


def lift_of(preset: Preset) -> Lift:
    """Return what a preset lifts off by itself.

    Raises BadInputError where somebody has to point at it, or select it.
    """
    match preset.lift:
        case PresetLift.SUBJECT:
            return Subject()
        case PresetLift.THINGS:
            return Things()
        case PresetLift.WORDS:
            return Words(preset.words)
        case PresetLift.POINT:
            raise BadInputError(f"“{preset.title}” is for what is pointed at: give it by --point.")
        case PresetLift.SELECTION:
            raise BadInputError(f"“{preset.title}” is for a selection: give it by --mask.")


def check_result(preset: Preset) -> None:
    """Raise BadInputError where what a preset gives back is of use in Krita alone."""
    if preset.result is PresetResult.SELECTION:
        raise BadInputError(
            f"“{preset.title}” gives a selection, which only Krita has: peel by it there, or take "
            "a preset that gives layers."
        )


def notes_on(preset: Preset) -> tuple[str, ...]:
    """Say in lines what of a preset counts in Krita alone."""
    if preset.patches:
        return ("The preset wants only a patch behind what is lifted off: here it is whole.",)
    return ()


def stages_with(preset: Preset, given: Sequence[str]) -> list[str]:
    """Return a preset's choices for stages, as `--stage` has them; those that are given win."""
    named = {each.partition("=")[0] for each in given}
    kept = [f"{stage}={name}" for stage, name in preset.stages.items() if stage not in named]
    return [*kept, *given]
