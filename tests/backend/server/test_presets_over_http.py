"""Presets over real HTTP: saved, listed with faults, handed on, removed; odd calls are refused."""

from layerpeel.shared.presets import Preset, PresetFile, PresetLift, Presets
from layerpeel.shared.wire import from_text, to_text

THINGS = Preset("Things", PresetLift.THINGS, layers=5, stages={"edge": "closed-form"})


def told(answer):
    assert answer.status_code == 200, answer.text
    return from_text(Presets, answer.content)


def test_presets_are_kept_handed_on_and_removed(run_backend):
    backend = run_backend()
    assert told(backend.call("GET", "/presets")) == Presets()
    (kept,) = told(backend.call("POST", "/presets", data=to_text(THINGS).encode())).kept
    assert (kept.name, kept.preset) == ("things", THINGS)
    file = from_text(PresetFile, backend.call("GET", "/presets/things").content)
    other = PresetFile("a-friend-s", file.text.replace("layers = 5", "layers = 6"))
    listed = told(backend.call("POST", "/preset-files", data=to_text(other).encode()))
    assert [each.preset.layers for each in listed.kept] == [5, 6]
    (backend.home / "presets" / "odd.toml").write_text("lift = 1")
    backend.stop()

    again = run_backend()
    listed = told(again.call("GET", "/presets"))
    assert [each.name for each in listed.kept] == ["things", "things-2"]
    assert listed.faults == ("The preset odd.toml: `title` is missing.",)
    assert len(told(again.call("DELETE", "/presets/things")).kept) == 1
    assert again.refusal("DELETE", "/presets/things")[0] == 404
    assert again.refusal("GET", "/presets/..%2f..%2fserver")[0] == 404
    for odd in (b"", b"{}", b'{"title": 3}', b'{"title": "a", "lift": "hair"}'):
        assert again.refusal("POST", "/presets", data=odd)[0] == 400
    status, message = again.refusal("POST", "/presets", data=to_text(Preset("")).encode())
    assert (status, "`title` may not be" in message) == (400, True)
    bad = to_text(PresetFile("bad", "title")).encode()
    status, message = again.refusal("POST", "/preset-files", data=bad)
    assert status == 400
    assert message.startswith("The preset bad.toml is not TOML")
