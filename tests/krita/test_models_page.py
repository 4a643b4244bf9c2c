"""Models beyond what set-up brings, added and removed by clicks, from a hub on this machine."""

import threading

import pytest
from halting_hub import HaltingHub
from krita_harness.backend import Backend
from krita_harness.docker import Docker
from krita_harness.running import DOCKER

pytestmark = pytest.mark.krita

SMALL = "vitmatte"
SECONDS = 60


@pytest.fixture
def hub():
    server = HaltingHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.goes_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def krita(launch_krita, hub, models):
    """A Krita whose backend has no models yet."""
    address = f"http://127.0.0.1:{hub.server_address[1]}"
    environment = {"LAYERPEEL_HUB": address, "NO_PROXY": "*", "LAYERPEEL_MODELS": str(models)}
    krita = launch_krita(environment)
    backend = Backend(krita.home)
    backend.register()
    Docker(krita).look_at_backend()
    yield krita
    backend.end()


def shown(krita, name):
    return krita.evaluate(
        "(w := widgets.the(name)).isVisible() and w.text() or ''", name=f"layerpeel_{name}"
    )


def wait_for(krita, name, words):
    krita.wait_until(lambda: words in shown(krita, name), SECONDS, f"{words!r} in {name}")


def open_models(krita):
    Docker(krita).open_settings()
    krita.click("layerpeel_models")
    krita.wait_until("widgets.open_dialog() is None", 10, "the settings to close")
    wait_for_row(krita, SMALL)


def wait_for_row(krita, model):
    row = f"layerpeel_model_{model}"
    krita.wait_until(f"bool(widgets.named('{row}'))", SECONDS, "the list of models")


def click(krita, name):
    krita.click(f"layerpeel_{name}")


def test_a_model_is_fetched_stopped_gone_on_with_and_removed(krita, hub, models):
    open_models(krita)
    krita.screenshot_of(DOCKER, "models")
    about = shown(krita, f"about_model_{SMALL}")
    assert about.startswith("387 MB to download; licence Apache-2.0")
    assert "trained on Distinctions-646" in about
    assert "hustvl/vitmatte-base-distinctions-646" in about
    assert hub.asked == []
    hub.halts_at = "model.safetensors"
    with krita.watched_gui() as watched:
        click(krita, f"download_{SMALL}")
        assert hub.is_halted.wait(SECONDS)
        wait_for(krita, "model_pull_stage", "Downloading ViTMatte base (fine edges)")
    krita.screenshot_of(DOCKER, "models-fetching")
    click(krita, "cancel_model_pull")
    wait_for(krita, "models_message", "Cancelled. What has been downloaded is kept.")
    hub.halts_at = None
    wait_for(krita, f"about_model_{SMALL}", "Its download has stopped: go on from there")
    assert shown(krita, f"remove_{SMALL}") == "Remove …"
    krita.screenshot_of(DOCKER, "models-stopped")
    click(krita, f"download_{SMALL}")
    wait_for(krita, "models_message", "The download is complete.")
    parts = [start > 0 for path, start in hub.asked if path.endswith("model.safetensors")]
    assert parts == [False, True]
    wait_for(krita, f"about_model_{SMALL}", "Installed.")
    click(krita, f"remove_{SMALL}")
    krita.screenshot_of(DOCKER, "models-question")
    click(krita, f"keep_{SMALL}")
    assert (models / SMALL).is_dir()
    click(krita, f"remove_{SMALL}")
    click(krita, f"surely_remove_{SMALL}")
    wait_for(krita, "models_message", "Removed.")
    assert not (models / SMALL).exists()
    assert "Installed" not in shown(krita, f"about_model_{SMALL}")
    click(krita, "leave_models")
    assert shown(krita, "peel") == "Peel"
    assert watched.longest_gap < 1.0


def test_a_hub_that_has_gone_is_said(krita, hub):
    open_models(krita)
    hub.status = 503
    click(krita, f"download_{SMALL}")
    krita.wait_until(lambda: "503" in shown(krita, "models_message"), SECONDS, "the complaint")
    krita.screenshot_of(DOCKER, "models-failed")
