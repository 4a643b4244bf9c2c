"""The page shows the worst pictures and a fair sample, however long the run."""

from layerpeel.backend.evaluation.report import gallery as gallery_module


def test_the_worst_come_first(make_evaluation):
    ratios = {1: 1.0, 2: 3.0, 3: 0.5}
    _, gallery = make_evaluation(
        3, lambda method, number: ratios[number] if method == "compact" else 1.0
    )
    assert gallery.worst_first == [2, 1, 3]


def test_the_worst_is_what_looks_worst_however_the_reference_does(make_evaluation):
    """The second picture is hard for both, and what was left behind is seen all the same."""
    figures = {"compact": {1: 2.0, 2: 90.0}, "classical": {1: 1.0, 2: 100.0}, "blur": {1: 9, 2: 9}}
    _, gallery = make_evaluation(2, lambda method, number: float(figures[method][number]))
    assert gallery.worst_first == [2, 1]


def test_a_long_run_keeps_the_worst_and_the_first(make_evaluation, monkeypatch):
    monkeypatch.setattr(gallery_module, "MOST_WORST", 2)
    monkeypatch.setattr(gallery_module, "MOST_COMPARED", 3)
    bad = {6: 5.0, 8: 7.0}
    _, gallery = make_evaluation(
        9, lambda method, number: bad.get(number, 1.0) if method == "compact" else 1.0
    )
    assert gallery.worst_first == [8, 6, 1, 2, 3]
    assert gallery.compared == [1, 2, 3]


def test_a_picture_that_the_engine_failed_on_is_the_worst(make_evaluation, make_question):
    ratios = {1: 1.0, 2: 3.0}
    evaluation, gallery = make_evaluation(
        2, lambda method, number: ratios[number] if method == "compact" else 1.0
    )
    assert gallery.worst_first == [2, 1]
    failed = evaluation.pictures[0]
    del failed.figures["compact"]
    gallery.add(failed, make_question(failed.name), {})
    assert gallery.worst_first == [1, 2]
