import pytest
from transformers import CLIPTokenizer

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.request import check_length
from tiny_checkpoints.generation import CLIP_WORDS, make_qwen_tokenizer

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def clip(tiny_sdxl):
    """The tokenizers of the tiny SDXL: a token for each letter."""
    return {
        name: CLIPTokenizer.from_pretrained(tiny_sdxl / name, local_files_only=True)
        for name in generator_config("sdxl").tokenizers
    }


LIMIT = generator_config("sdxl").prompt_tokens


def test_a_prompt_of_just_so_many_tokens_is_heard_to_its_end(clip):
    prompt = " ".join(["cat"] * 25)
    check_length(prompt, "The prompt", clip, LIMIT)
    for tokenizer in clip.values():
        whole = tokenizer(prompt)["input_ids"]
        cut = tokenizer(prompt, truncation=True, max_length=77)["input_ids"]
        assert whole == cut
        assert len(cut) == 77


@pytest.mark.parametrize(
    ("prompt", "lost"),
    [
        (" ".join(["cat"] * 26), "cat"),
        (" ".join(["cat"] * 24) + " elephants in\tthe rain", "elephants in\tthe rain"),
        (" ".join(["cat"] * 24) + " and, Zebras!", "and, Zebras!"),
        ("x" * 76, "x" * 76),
        ("é" * 37 + " naïve", "naïve"),
    ],
)
def test_words_that_would_be_lost_are_quoted(clip, prompt, lost):
    with pytest.raises(BadInputError) as refused:
        check_length(prompt, "The prompt", clip, LIMIT)
    assert f"would ignore: “{lost}”" in str(refused.value)
    assert "tokenizer" in str(refused.value)


def test_each_tokenizer_is_asked(clip):
    words = [*CLIP_WORDS[:-2], "ca", "cat</w>", *CLIP_WORDS[-2:]]
    fewer = CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)},
        merges=[("c", "a"), ("ca", "t</w>")],
    )
    prompt = " ".join(["cat"] * 30)
    check_length(prompt, "The prompt", {"tokenizer": fewer}, LIMIT)
    both = {"tokenizer": fewer, "tokenizer_2": clip["tokenizer_2"]}
    with pytest.raises(BadInputError, match="90 tokens \\(for tokenizer_2\\)"):
        check_length(prompt, "The prompt", both, LIMIT)


@pytest.mark.parametrize(("name", "thinks"), [("flux2-klein", False), ("z-image", True)])
def test_the_chat_round_a_prompt_fills_up_what_qwen_hears(name, thinks):
    config, tokenizer = generator_config(name), make_qwen_tokenizer()
    prompt = "x" * config.prompt_tokens
    check_length(prompt, "The prompt", {"tokenizer": tokenizer}, config.prompt_tokens)
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=thinks,
    )
    assert len(tokenizer(chat)["input_ids"]) == 512
    with pytest.raises(BadInputError, match="would ignore"):
        check_length(prompt + " y", "It", {"tokenizer": tokenizer}, config.prompt_tokens)
