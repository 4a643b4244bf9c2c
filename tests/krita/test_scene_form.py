"""The page that generates: what it shows before a request is sent."""

import pytest

pytestmark = pytest.mark.krita


def test_prompt_is_read_as_it_is_typed_and_nothing_is_sent_while_it_is_wrong(
    krita, generating, easel, painter, small_painting
):
    easel.picture(small_painting)
    assert generating.problem == ""
    generating.write("a [bird")
    assert generating.problem.startswith("This bracket is not closed")
    assert generating.marked == [[2, 3]]
    generating.picture_of("generate-prompt-problem")
    generating.start()
    assert not generating.is_working
    assert painter.jobs == {}
    krita.click("layerpeel_prompt")
    krita.press("End")
    krita.write("]")
    assert (generating.problem, generating.marked) == ("", [])
    assert generating.generate() == "Done: 2 layers."


def test_mark_is_at_the_right_letter_also_behind_one_of_two_units(generating):
    generating.set(prompt="😀 ] there")
    assert generating.problem.startswith("This bracket was never opened")
    assert generating.marked == [[3, 4]]


def test_empty_prompt_is_told_when_it_is_sent_and_not_before(generating, easel, small_painting):
    easel.picture(small_painting)
    assert generating.problem == ""
    generating.start()
    assert generating.problem.startswith("The prompt is empty")


@pytest.mark.usefixtures("painter")
def test_no_document(generating):
    generating.set(prompt="a hill")
    generating.start()
    assert generating.message == "Open a picture first."


def test_object_needs_a_selection(krita, generating, easel, painter, small_painting):
    easel.picture(small_painting)
    generating.set("object", "a red kite")
    assert generating.shown("layerpeel_scene_hint").startswith("Select where the object should go")
    generating.picture_of("generate-object")
    before = krita.layer_tree()
    assert generating.generate() == "Select where the object should go first."
    assert krita.layer_tree() == before
    assert painter.jobs == {}


def test_background_needs_a_paint_layer(krita, generating, easel, small_painting):
    easel.picture(small_painting)
    easel.add_layer("Group", "grouplayer")
    easel.activate("Group")
    generating.set("background", "a hill")
    assert generating.generate() == "Choose a paint layer in the Layers docker first."


def test_style_that_lacks_something_cannot_be_chosen_and_says_why(krita, generating):
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    assert krita.evaluate("widgets.the('layerpeel_style').currentText()") == "Quick sketches"
    assert not krita.evaluate("widgets.the('layerpeel_style').model().item(1).isEnabled()")
    tip = krita.evaluate("widgets.the('layerpeel_style').itemData(1, 3)")  # Qt.ToolTipRole
    assert tip.startswith("It needs the model")


def test_only_guides_that_the_style_follows_are_offered(krita, generating):
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    can = "[widgets.the('layerpeel_guide').model().item(i).isEnabled() for i in range(6)]"
    assert krita.evaluate(can) == [True, True, False, False, True, True]
    krita.choose("layerpeel_guide", "Line art")
    assert krita.evaluate("widgets.the('layerpeel_strength').isVisible()")
    generating.picture_of("generate-guide")
    krita.click("layerpeel_mode_object")
    assert not krita.evaluate("widgets.the('layerpeel_guide').isVisible()")


def test_what_is_changed_by_words_needs_no_strength(
    krita, generating, easel, painter, small_painting
):
    easel.picture(small_painting)
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    krita.choose("layerpeel_guide", "Sketch in colours")
    generating.set(prompt="make it night", strength=13)
    krita.choose("layerpeel_guide", "Picture to change")
    assert not krita.evaluate("widgets.the('layerpeel_strength').isVisible()")
    assert generating.shown("layerpeel_scene_hint").startswith("Say what is to change.")
    generating.picture_of("generate-edit")
    generating.generate()
    (job,) = painter.jobs.values()
    assert (job.request.guide.kind.value, job.request.guide.strength) == ("edit", None)


def test_request_says_what_the_form_says(krita, generating, easel, painter, small_painting):
    easel.picture(small_painting)
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    krita.choose("layerpeel_guide", "Sketch in colours")
    krita.click("layerpeel_more")
    generating.set(prompt="[a cat] indoors", seed=5, strength=13, steps=7, guidance=4.5)
    krita.run("widgets.the('layerpeel_negative').setText('fog')")
    generating.generate()
    (job,) = painter.jobs.values()
    painting, guide = job.request.painting, job.request.guide
    assert (painting.seed, painting.style, painting.steps) == (5, "fast", 7)
    assert (painting.guidance, painting.negative) == (4.5, "fog")
    assert (guide.kind.value, guide.strength) == ("sketch", 0.65)
    kept = krita.run(
        "from layerpeel.plugin.scenes.scene_choice import read_kept_choice as read\n"
        "result = [read().steps, read().style, read().prompt]"
    )
    assert kept == [7, "fast", ""]


def test_die_throws_a_seed_each_time_until_one_is_chosen(krita, generating, easel, small_painting):
    easel.picture(small_painting)
    generating.set(prompt="a hill")
    generating.generate()
    first = generating.seed
    generating.generate()
    assert generating.seed != first
    generating.set(seed=first)
    assert not krita.evaluate("widgets.the('layerpeel_die').isChecked()")
    generating.generate()
    assert generating.seed == first
