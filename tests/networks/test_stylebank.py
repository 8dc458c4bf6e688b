"""StyleBank draws what the published code draws; its styles are filters, by number."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from models import picture

from vidstyle.errors import UsageError
from vidstyle.export.graphs import Encode
from vidstyle.networks.stylebank import StyleBank

LIMIT = 1e-3  # rms of the difference over the deviation of what is expected, in float32


def image(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def place(number):
    return torch.tensor([number])


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return StyleBank(styles=2).eval().requires_grad_(False)


def test_there_is_a_file_for_each_style_and_keys_cover_all_weights():
    network = StyleBank(styles=3)
    official = network.official_keys()
    assert list(official) == ["encoder", "decoder", "bank_0", "bank_1", "bank_2"]
    ours = [key for keys in official.values() for key in keys.values()]
    assert sorted(ours) == sorted(network.state_dict())


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (50, 27), (24, 43)], ids=str)
def test_a_drawing_has_the_size_of_its_content(network, size):
    drawn, memory = network.stylize(image(picture(*size)), network.encode(place(0)))
    assert drawn.shape == (1, 3, *size) and memory == ()


def test_a_size_that_would_not_come_back_is_drawn_with_its_border_repeated(network):
    content, code = image(picture(46, 31)), network.encode(place(0))
    drawn, _ = network.stylize(content, code)
    larger, _ = network.stylize(F.pad(content, (0, 2, 0, 3), mode="replicate"), code)  # 49 x 33
    assert torch.equal(drawn, larger[..., :46, :31])


def test_a_batch_is_drawn_as_its_pictures_one_by_one(network):
    pictures = [image(picture(30, 45, seed)) for seed in (2, 3)]
    code, strength = network.encode(place(1)), torch.tensor([1.0, 0.5])
    together, _ = network.stylize(torch.cat(pictures), code, strength)
    for number, content in enumerate(pictures):
        alone, _ = network.stylize(content, code, strength[number : number + 1])
        assert torch.allclose(together[number], alone[0], atol=1e-5)


def test_strength_is_the_share_of_the_drawing(network):
    content, code = image(picture(32, 48)), network.encode(place(0))
    full, _ = network.stylize(content, code)
    half, _ = network.stylize(content, code, torch.full((1,), 0.5))
    none, _ = network.stylize(content, code, torch.zeros(1))
    assert torch.allclose(half, (content + full) / 2, atol=1e-6)
    assert torch.equal(none, content)


def test_a_style_is_the_filters_at_its_place(network):
    for number in (0, 1):
        first, second = network.encode(place(number))
        assert torch.equal(first, network.state_dict()[f"banks.{number}.0.weight"])
        assert torch.equal(second, network.state_dict()[f"banks.{number}.1.weight"])


@pytest.mark.parametrize("number", [-1, 2])
def test_a_place_that_is_not_there_is_refused(network, number):
    with pytest.raises(UsageError, match=f"2 styles, numbered 0 to 1; got {number}"):
        network.encode(place(number))


def test_a_style_mixed_with_itself_is_itself_and_with_another_lies_between(network):
    content = image(picture(33, 33))
    one, other = network.encode(place(0)), network.encode(place(1))

    def drawn(first, second):
        mixed = tuple(0.25 * a + 0.75 * b for a, b in zip(first, second, strict=True))
        return network.stylize(content, mixed)[0]

    assert torch.allclose(drawn(one, one), network.stylize(content, one)[0], atol=1e-5)
    middle, ends = drawn(one, other), (drawn(one, one), drawn(other, other))
    apart = (ends[0] - ends[1]).square().mean()
    assert all((middle - end).square().mean() < apart for end in ends)


def test_training_another_style_changes_none_of_those_before(network):
    larger = network.with_another_style()
    content = image(picture(33, 33))
    before = [network.stylize(content, network.encode(place(number)))[0] for number in (0, 1)]
    taught = [weight for weight in larger.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(taught, lr=1)
    first, _ = larger.stylize(content, larger.encode(place(2)))
    first.square().mean().backward()
    optimizer.step()
    with torch.no_grad():
        assert not torch.equal(larger.stylize(content, larger.encode(place(2)))[0], first)
        for number, drawn in enumerate(before):
            assert torch.equal(larger.stylize(content, larger.encode(place(number)))[0], drawn)


def test_another_style_leaves_the_network_it_is_added_to_as_it_was(network):
    larger = network.with_another_style()
    assert len(larger.banks) == 3 and len(network.banks) == 2
    with torch.no_grad():
        larger.encoder[0].weight.zero_()
    assert network.encoder[0].weight.any()


def test_half_precision_draws_nearly_the_same(network):
    content, code = image(picture(65, 65)), network.encode(place(0))
    expected, _ = network.stylize(content, code)
    halved = StyleBank().bfloat16()
    halved.load_state_dict(network.state_dict())
    drawn, _ = halved.stylize(content.bfloat16(), tuple(part.bfloat16() for part in code))
    assert (drawn - expected).std() < 0.1 * expected.std()  # 8 bits a number, 10 layers


def test_its_reading_graph_takes_the_place(network, tmp_path):
    openvino = pytest.importorskip("openvino")
    path = tmp_path / "encode.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Encode(network).eval(), (place(0),), dynamo=True, verbose=False
        ).save(path)  # fmt: skip
    engine = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for number in (0, 1):
        found = engine(place(number).numpy())
        for port, part in enumerate(network.encode(place(number))):
            assert np.array_equal(found[port], part.numpy())
