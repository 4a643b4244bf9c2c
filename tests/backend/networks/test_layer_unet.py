"""The inpainting UNet with 72 inputs does what it did, as long as there is no alpha."""

import pytest
import torch

from layerpeel.backend.networks.layer_unet import widen_for_alpha

pytestmark = pytest.mark.torch

SIZE = (8, 16)


def test_without_mask_and_alpha_both_answer_the_same(tiny_unet):
    narrow, wide = tiny_unet(9), tiny_unet(9)
    widen_for_alpha(wide)
    noisy, picture = torch.randn(2, 2, 4, *SIZE)
    words = torch.randn(2, 77, 16)
    no_mask, no_alpha = torch.zeros(2, 1, *SIZE), torch.zeros(2, 64, *SIZE)
    with torch.inference_mode():
        before = narrow(torch.cat([noisy, no_mask, picture], 1), 500, words).sample
        after = wide(torch.cat([noisy, picture, no_alpha], 1), 500, words).sample
    assert before.std() > 0.1
    assert (after - before).abs().max() < 1e-5


def test_alpha_says_nothing_yet_and_can_be_learnt(tiny_unet):
    unet = tiny_unet(9)
    widen_for_alpha(unet)
    latents, words = torch.randn(1, 8, *SIZE), torch.randn(1, 77, 16)
    answers = [
        unet(torch.cat([latents, torch.full((1, 64, *SIZE), alpha)], 1), 500, words).sample
        for alpha in (0.0, 1.0)
    ]
    assert torch.equal(*answers)
    answers[1].square().sum().backward()
    assert (unet.conv_in.weight.grad[:, 8:].abs().amax((0, 2, 3)) > 0).all()


def test_the_config_says_72_so_that_it_comes_back_from_disk(tiny_unet, tmp_path):
    unet = tiny_unet(9)
    widen_for_alpha(unet)
    assert unet.config.in_channels == 72
    unet.save_pretrained(tmp_path)
    back = type(unet).from_pretrained(tmp_path)
    assert torch.equal(back.conv_in.weight, unet.conv_in.weight)
    assert torch.equal(back.conv_in.bias, unet.conv_in.bias)


def test_precision_stays(tiny_unet):
    unet = tiny_unet(9).to(torch.bfloat16)
    widen_for_alpha(unet)
    assert {weights.dtype for weights in unet.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize("inputs", [4, 72])
def test_another_unet_is_refused(tiny_unet, inputs):
    with pytest.raises(ValueError, match="9 inputs"):
        widen_for_alpha(tiny_unet(inputs))
