"""A peel that is cancelled, or whose backend dies: nothing changes, and the next peel works."""

import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel

pytestmark = pytest.mark.krita


@pytest.fixture
def opened(krita, easel, docker, small_painting, soft_disc):
    """The small picture, a soft disc selected, ready to be peeled; its layers."""
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    return krita.layer_tree()


def assert_it_works_again(krita, docker, before):
    assert krita.layer_tree() == before
    assert docker.peel() == DONE
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_cancelled_while_it_works(krita, docker, backend, opened):
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        docker.cancel()
        assert docker.wait_for_end() == "Cancelled."
    assert_it_works_again(krita, docker, opened)


def test_cancelled_once_the_preview_shows(krita, docker, easel, backend, painting):
    easel.picture(painting)
    before = krita.layer_tree()
    docker.start()
    docker.wait_for_preview()
    with backend.held():
        docker.picture_of("running")
        docker.cancel()
        assert docker.wait_for_end() == "Cancelled."
    assert krita.layer_tree() == before
    assert docker.peel() == DONE


def test_cancelled_by_its_action(krita, docker, backend, opened):
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        krita.trigger("layerpeel_cancel")
        assert docker.wait_for_end() == "Cancelled."
    assert krita.layer_tree() == opened


def test_backend_killed_while_it_works(krita, docker, backend, opened):
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        killed = backend.pid
        backend.kill()
        line = docker.wait_for_end()
    assert line == "The backend stopped while it was working. Try again: it will be restarted."
    docker.picture_of("backend-gone")
    krita.wait_until(lambda: "starts when it is needed" in docker.status, 10, "the status")
    assert_it_works_again(krita, docker, opened)
    assert backend.pid not in (None, killed)


def test_worker_killed_while_it_works(krita, docker, easel, backend, painting):
    easel.picture(painting)
    before = krita.layer_tree()
    docker.start()
    docker.wait_for_preview()
    with backend.held():
        backend.kill_worker()
        line = docker.wait_for_end()
    assert line.startswith("The system ended the process that peels")
    docker.picture_of("worker-gone")
    assert krita.layer_tree() == before
    assert docker.peel() == DONE


def test_worker_killed_before_it_began_is_replaced_unnoticed(krita, docker, backend, opened):
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        backend.kill_worker()
        assert docker.wait_for_end() == DONE
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_backend_that_ended_by_itself_is_started_again(krita, docker, backend, opened):
    backend.end()
    krita.wait_until(lambda: "starts when it is needed" in docker.status, 10, "the status")
    assert_it_works_again(krita, docker, opened)


def test_backend_ends_when_its_krita_has_gone(launch_krita, small_painting, soft_disc, isnet_store):
    krita = launch_krita()
    docker, backend = Docker(krita), Backend(krita.home)
    backend.register()
    Easel(krita).picture(small_painting)
    Easel(krita).select(soft_disc)
    docker.lift("selection")
    assert docker.peel() == DONE
    process = backend.pid
    krita.kill()
    backend.wait_for_end_of(process)
