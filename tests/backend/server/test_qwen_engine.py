"""The engine qwen over HTTP: its layers are made exact in the worker, as any engine's are."""

import numpy as np
import pytest

from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.shared.jobs import Failed, Finished
from layerpeel.shared.protocol import Subject

pytestmark = pytest.mark.torch


def test_layers_flatten_to_the_picture(run_backend, make_job, qwen_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(qwen_store.folder))
    backend = run_backend("--device", "cpu")
    job = make_job(side=64, lift=Subject(), engine="qwen")
    submitted = backend.submit(job)
    assert backend.end_of(submitted.id) == Finished()
    stack = backend.result(submitted.id)
    np.testing.assert_array_equal(flatten(stack), array_of(job.picture.pixels))
    assert stack.made_with.engine == "qwen"
    # The job also says what it cannot do.
    end = backend.end_of(backend.submit(make_job(engine="qwen")).id)
    assert isinstance(end, Failed)
    assert "decides by itself" in end.message
