"""CAP-VSTNet: what is particular to a reversible network with labels."""

import numpy as np
import pytest
import torch
from models import picture, random_model, random_models
from torch import nn

from vidstyle.contracts import Profile
from vidstyle.networks.capvstnet import CAPVSTNet, fold, read, transfer, unfold
from vidstyle.networks.loading import load_network
from vidstyle.networks.whitening import mean_covariance
from vidstyle.stylizer import Drawing, load_stylizer

each_mode = pytest.mark.parametrize("mode", ["photo", "art"], scope="module")


def image(height, width, seed=0):
    return torch.from_numpy(picture(height, width, seed)).permute(2, 0, 1)[None].float() / 255


def seeded(mode, blocks=(2, 2, 3)):
    """Random weights whose branches are small, so that no depth makes the state grow."""
    torch.manual_seed(0)
    network = CAPVSTNet(mode, blocks).eval().requires_grad_(False)
    for weight in network.parameters():
        deviation = (0.5 / weight[0].numel()) ** 0.5 if weight.dim() > 1 else 0.05
        nn.init.normal_(weight, std=deviation)
    return network


@pytest.fixture(scope="module")
def network(mode):
    return seeded(mode)


@pytest.fixture(scope="module")
def photo():
    return seeded("photo")


def test_folding_puts_the_pixels_of_a_square_one_channel_block_after_another():
    x = torch.arange(2 * 4 * 4).view(1, 2, 4, 4)
    folded = fold(x)
    assert folded[0, :, 0, 1].tolist() == [2, 18, 3, 19, 6, 22, 7, 23]
    assert torch.equal(unfold(folded), x)


@each_mode
def test_the_way_back_undoes_the_way_forward(network):
    content = image(64, 48)
    assert (network.inverse(network(content)) - content).abs().max() < 1e-4


@pytest.mark.parametrize("mode", ["photo", "art"])
def test_nothing_is_lost_at_full_depth(mode):
    network, content = seeded(mode, (10, 10, 12)), image(64, 48)
    assert (network.inverse(network(content)) - content).abs().max() < 1e-4


@each_mode
def test_z_is_given_the_mean_and_covariance_of_the_style(network):
    z, style = network(image(64, 48)), network(image(40, 56, 1))
    found = mean_covariance(transfer(z, *read(style), None))
    for statistic, expected in zip(found, mean_covariance(style), strict=True):
        assert torch.allclose(statistic, expected, atol=1e-5)


@each_mode
def test_a_picture_drawn_with_itself_comes_back(network):
    content = image(64, 48)
    drawn, _ = network.stylize(content, network.encode(content))
    assert (drawn - content).abs().max() < 1e-3


@each_mode
def test_without_strength_the_content_comes_back(network):
    content = image(37, 51)
    drawn, _ = network.stylize(content, network.encode(image(40, 56, 1)), torch.zeros(1))
    assert (drawn - content).abs().max() < 1e-4


@each_mode
@pytest.mark.parametrize("size", [(8, 8), (17, 33), (50, 91)], ids=str)
def test_any_size_is_drawn(network, size):
    drawn, memory = network.stylize(image(*size), network.encode(image(19, 30, 1)))
    assert drawn.shape[2:] == size and memory == () and drawn.isfinite().all()


@each_mode
def test_fewer_channels_draw_too(mode):
    network = CAPVSTNet(mode, (0, 1, 2), width=4).eval().requires_grad_(False)
    content = image(37, 51)
    assert (network.stylize(content, network.encode(content))[0] - content).abs().max() < 1e-3


@each_mode
def test_a_batch_is_drawn_as_its_pictures_one_by_one(network):
    code = network.encode(image(40, 56, 1))
    contents, strength = [image(48, 64, 2), image(48, 64, 3)], torch.tensor([1.0, 0.5])
    together, _ = network.stylize(torch.cat(contents), code, strength)
    for place, content in enumerate(contents):
        alone, _ = network.stylize(content, code, strength[place : place + 1])
        assert (together[place] - alone[0]).abs().max() < 1e-4


@each_mode
def test_the_order_of_numbers_in_memory_changes_nothing(network):
    code, content = network.encode(image(40, 56, 1)), image(37, 51)
    expected, _ = network.stylize(content, code)
    network.to(memory_format=torch.channels_last)
    found, _ = network.stylize(content.contiguous(memory_format=torch.channels_last), code)
    network.to(memory_format=torch.contiguous_format)
    assert (found - expected).abs().max() < 1e-4


@each_mode
@pytest.mark.parametrize("gray", [0.0, 0.5])
def test_a_flat_content_is_drawn_alike_everywhere(network, gray):
    """Not quite flat: the 4x4 pixels that are folded into one place differ."""
    style = image(40, 56, 1)
    drawn, _ = network.stylize(torch.full((1, 3, 48, 64), gray), network.encode(style))
    assert (drawn[..., 4:] - drawn[..., :-4]).abs().max() < 0.1
    assert (drawn - 0.5).abs().max() < 1.5


@each_mode
def test_a_flat_style_gives_its_color(network):
    style = torch.tensor([0.2, 0.5, 0.7]).view(1, 3, 1, 1).expand(1, 3, 40, 56)
    drawn, _ = network.stylize(image(48, 64), network.encode(style))
    assert (drawn - style[..., :1, :1]).mean((2, 3)).abs().max() < 0.1


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A small network, and its engine for 48x64 pixels of 16 bits."""
    openvino = pytest.importorskip("vidstyle.runtimes.openvino")
    model = random_model("capvstnet-narrow", random_models(tmp_path_factory))
    exactly = Profile((48, 64), "fp32", "cpu", bits=16)
    return load_network(model), openvino.OpenVINO().compile(model.graph("stylize"), exactly)


FLAT = np.full((48, 64, 3), 77, np.uint8)
PICTURES = {"picture": picture(48, 64), "flat": FLAT, "black": 0 * FLAT}


@pytest.mark.parametrize("style", [picture(48, 64, 1), FLAT], ids=["picture", "flat"])
@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_its_graph_draws_the_same_whatever_it_drew_before(compiled, content, style):
    """A picture that is flat has no covariance to factor; the graph factors without LAPACK."""
    network, engine = compiled
    images = [torch.from_numpy(p).permute(2, 0, 1)[None].float() / 255 for p in (content, style)]
    code = network.encode(images[1])
    expected = network.stylize(images[0], code)[0][0].permute(1, 2, 0).clamp(0, 1).numpy()
    for _ in range(3):
        (drawn,) = engine(
            content.astype(np.uint16) * 257, *(part.numpy() for part in code), np.ones(1, "f4")
        )
        assert np.abs(drawn / 65535 - expected).max() < 0.5 / 255


@each_mode
def test_half_precision_around_it_leaves_statistics_exact(network):
    """As the torch runtime draws in bf16: only its convolutions are."""
    code, content = network.encode(image(40, 56, 1)), image(48, 64)
    expected, _ = network.stylize(content, code)
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = network.stylize(content, code)
    assert (found - expected).abs().mean() < 2 / 255


def quarters(height, width):
    """Labels 0 1 over 2 3."""
    rows, columns = torch.arange(height) >= height // 2, torch.arange(width) >= width // 2
    return (2 * rows[:, None].int() + columns).to(torch.uint8)


@each_mode
@pytest.mark.parametrize("size", [(64, 48), (37, 51)], ids=str)
def test_one_label_is_as_good_as_none(network, size):
    style, content = image(40, 56, 1), image(*size)
    labels = torch.zeros(40, 56, dtype=torch.uint8), torch.zeros(size, dtype=torch.int64)
    expected, _ = network.stylize(content, network.encode(style))
    found, _ = network.stylize(content, network.encode(style, labels[0]), labels=labels[1])
    assert (found - expected).abs().max() < 1e-3


@each_mode
def test_each_region_gets_the_colors_of_its_own(network):
    """The places of z that labels name are those of the picture: else colors would mix."""
    style, content = image(48, 64, 1) / 8, image(64, 48)
    style[..., :24, 32:] += 0.7  # label 1 is bright, all else dark
    code = network.encode(style, quarters(48, 64))
    drawn, _ = network.stylize(content, code, labels=quarters(64, 48))
    bright = drawn[..., 4:28, 28:44].mean()
    dark = [drawn[..., 4:28, 4:20], drawn[..., 36:60, 4:20], drawn[..., 36:60, 28:44]]
    assert all(bright > region.mean() + 0.4 for region in dark)


@each_mode
def test_a_label_that_the_style_lacks_leaves_its_region_as_it_is(network):
    content, style = image(64, 48), image(48, 64, 1)
    some = quarters(48, 64)
    for labels in (some.clamp(max=2), torch.where(some == 3, 5, some)):
        drawn, _ = network.stylize(content, network.encode(style, labels), labels=quarters(64, 48))
        changed = (drawn - content).abs().mean(1)[0]
        assert changed[44:, 36:].max() < 0.3 * changed[:24].mean()


@each_mode
def test_a_label_that_the_content_lacks_changes_nothing(network):
    content, style, labels = image(64, 48), image(48, 64, 1), quarters(48, 64)
    half = quarters(64, 48).clamp(max=1)
    means, factors, counts = network.encode(style, labels)
    expected, _ = network.stylize(content, (means[:2], factors[:2], counts[:2]), labels=half)
    found, _ = network.stylize(content, (means, factors, counts), labels=half)
    assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ("content_pixels", "style_pixels", "drawn"),
    [(10, 500, False), (11, 500, True), (500, 10, False), (11, 1100, False), (11, 1099, True)],
)
def test_a_label_is_drawn_if_it_is_neither_tiny_nor_far_from_equal(
    photo, content_pixels, style_pixels, drawn
):
    content_labels, style_labels = torch.ones(2, 40, 40, dtype=torch.uint8)
    content_labels.flatten()[:content_pixels] = 0
    style_labels.flatten()[:style_pixels] = 0
    style_labels[style_labels == 1] = 2  # so that label 1 stays as it is
    code = photo.encode(image(40, 40, 1), style_labels)
    found, _ = photo.stylize(image(40, 40), code, labels=content_labels)
    changed = (found - image(40, 40)).abs().max() > 1e-3
    assert changed == drawn


def test_labels_of_the_style_alone_let_it_draw_with_label_zero(photo):
    style, content = image(48, 64, 1), image(64, 48)
    code = photo.encode(style, quarters(48, 64))
    expected, _ = photo.stylize(content, tuple(part[:1] for part in code))
    found, _ = photo.stylize(content, code)
    assert (found - expected).abs().max() < 1e-3


def test_at_half_size_a_label_is_that_of_the_bottom_right_pixel():
    """As Pillow takes the nearest, by which published code makes its masks smaller."""
    network = seeded("art")
    labels = torch.zeros(16, 16, dtype=torch.uint8)
    labels[1::2, 1::2] = 1
    _, _, counts = network.encode(image(16, 16), labels)
    assert counts.tolist() == [0, 64]


def test_a_photograph_in_its_own_style_comes_back():
    """By the bundled weights, as a user draws: its style is read as it is, not as a square."""
    paint = load_stylizer(Drawing("capvstnet", device="cpu"))
    content = picture(90, 160)
    difference = paint(content, paint.look(content)).astype(float) - content
    assert np.abs(difference).max() <= 1
    assert np.abs(paint(content, paint.look("ink")).astype(float) - content).mean() > 5
