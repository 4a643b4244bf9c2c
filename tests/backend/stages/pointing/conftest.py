import pytest

from tiny_checkpoints.point import save_tiny_minisam


@pytest.fixture(scope="session")
def tiny_minisam(tmp_path_factory):
    """A folder with a network that answers with a disc at what is pointed at."""
    return save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")
