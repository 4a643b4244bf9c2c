"""How long the docker makes an artist wait, measured in the real Krita: part of `make bench`.

`python tests/krita/bench_docker.py` peels a drawn picture of each size with an exact selection, so
that the backend's own work, which has its own bench, is short.
"""

import sys
import tempfile
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2] / "packaging")]

import numpy as np
from conftest import REPOSITORY
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.kept_results import keep_results, keepsake_of
from krita_harness.launcher import Launcher
from krita_harness.results import ResultsPage
from PIL import Image
from plugin_zip import build_plugin_zip

from layerpeel.backend.models.model_store import default_folder

SIZES = ((1024, 1024), (3000, 2000))
RUNS = 3
RESULTS = 200  # as many as the backend lists
AIMS = {
    "click to request sent": 150,
    "response to layers there": 1000,
    "asked for to listed": 100,
    "our longest hold": 50,
}
OBJECT = 0.15  # of the sides

PROGRAM = """
from layerpeel.plugin.turns import KRITA, TIMINGS
holds = {name: round(1000 * seconds, 1) for name, seconds in TIMINGS.longest_holds.items()}
result = {
    "moments": dict(TIMINGS.moments),
    "ours": {name: hold for name, hold in holds.items() if not name.startswith(KRITA)},
    "krita": {name[len(KRITA):]: hold for name, hold in holds.items() if name.startswith(KRITA)},
}
TIMINGS.longest_holds.clear()
"""


FORGET_RESULTS = """
view, results = widgets.the('layerpeel_result_list'), widgets.the('layerpeel_results')
for known in (results._known, results._cache._known, view.itemDelegate()._drawn):
    known.clear()
"""


def measure(krita, size):
    """Peel once; return milliseconds by name, and how long each kind of turn held the thread."""
    docker, easel = Docker(krita), Easel(krita)
    krita.reset()
    picture = Image.open(REPOSITORY / "examples" / "lady-on-the-moor.png").convert("RGB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        picture.resize(size, Image.Resampling.LANCZOS).save(path, compress_level=1)
        krita.open_picture(path)
    width, height = (round(side * OBJECT) for side in size)
    easel.select(np.full((height, width), 255, np.uint8), width // 2, height // 2)
    docker.lift("selection")
    docker.take_edge_exactly()
    krita.run(PROGRAM)
    with krita.watched_gui() as gui:
        message = docker.peel()
    if message != DONE:
        raise RuntimeError(f"The docker says: {message}")
    told = krita.run(PROGRAM)
    moments = told["moments"]
    figures = {
        "click to request sent": 1000 * (moments["sent"] - moments["pressed"]),
        "response to layers there": 1000 * (moments["inserted"] - moments["answered"]),
        "our longest hold": max(told["ours"].values()),
        "longest hold of all": 1000 * gui.longest_gap,
    }
    return figures, told


def report(title, runs):
    """Return the medians of the runs beside their aims, and what held the GUI thread longest."""
    lines = [f"{title}, medians of {len(runs)}, milliseconds"]
    for name in runs[0][0]:
        value = float(np.median([figures[name] for figures, _told in runs]))
        aim = AIMS.get(name)
        judged = "" if aim is None else f"   ≤ {aim}: {'met' if value <= aim else 'missed'}"
        lines.append(f"  {name:<28}{value:>8.0f}{judged}")
    for whose, title in (("ours", "our turns"), ("krita", "turns that are a call of Krita's")):
        longest = {}
        for _figures, told in runs:
            for name, hold in told[whose].items():
                longest[name] = max(hold, longest.get(name, 0))
        worst = sorted(longest.items(), key=lambda each: -each[1])
        lines.append(f"  {title}: " + ", ".join(f"{name} {hold:.0f}" for name, hold in worst))
    return "\n".join(lines)


def measure_results(krita):
    """Go to the page of `RESULTS` results; return milliseconds by name, and what held the thread.

    The backend runs already, as after any peel, and has their thumbnails.
    """
    results = ResultsPage(krita)
    results.open()
    runs = []
    for _ in range(RUNS):
        results.close()
        krita.run(FORGET_RESULTS)
        krita.run(PROGRAM)
        with krita.watched_gui() as gui:
            results.open()
            krita.wait_until(lambda: results.rows_without_thumbnails == 0, 20, "the thumbnails")
            for job in (results.jobs[-1], results.jobs[RESULTS // 2]):
                results.scroll_to(job)
                krita.wait_until(lambda: results.rows_without_thumbnails == 0, 20, "thumbnails")
        told = krita.run(PROGRAM)
        moments = told["moments"]
        figures = {
            "asked for to listed": 1000 * (moments["results listed"] - moments["results wanted"]),
            "our longest hold": max(told["ours"].values()),
            "longest hold of all": 1000 * gui.longest_gap,
        }
        runs.append((figures, told))
    return runs


def keep_many(layerpeel_home):
    """Keep so many results of a picture of usual size, before the backend starts."""
    picture = Image.open(REPOSITORY / "examples" / "lady-on-the-moor.png").convert("RGBA")
    picture = np.asarray(picture.resize((1024, 1024), Image.Resampling.LANCZOS))
    kept = [
        keepsake_of((1024, 1024), lifted=f"thing {number}", taken_from="", document="moor.kra")
        for number in range(RESULTS)
    ]
    keep_results(layerpeel_home, kept, picture)


def main():
    """Measure all sizes and print them."""
    with tempfile.TemporaryDirectory() as folder:
        plugin = build_plugin_zip(Path(folder))
        launcher = Launcher(Path(folder), plugin)
        environment = {"LAYERPEEL_MODELS": str(default_folder()), "OMP_WAIT_POLICY": "PASSIVE"}
        krita = launcher.launch(environment)
        backend = Backend(krita.home)
        try:
            backend.register()
            keep_many(backend.folder)
            measure(krita, (256, 256))  # starts the backend and its worker
            for size in SIZES:
                runs = [measure(krita, size) for _ in range(RUNS)]
                title = f"Docker at {size[0]}×{size[1]}, 8-bit RGBA"
                print(report(title, runs), flush=True)
            runs = measure_results(krita)
            print(report(f"Page of {RESULTS} results", runs), flush=True)
        finally:
            launcher.end(krita)
            launcher.kill_all()
            backend.end()


if __name__ == "__main__":
    main()
