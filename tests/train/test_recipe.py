"""Recipes: what is read, and what is refused in one line."""

from dataclasses import replace

import pytest
from training import IMITATE, recipe_of

from vidstyle.errors import InputError, UnknownName, UsageError
from vidstyle.train.objectives import OBJECTIVES
from vidstyle.train.recipe import bundled_recipes, find_recipe, read_recipe


def stages(**changes):
    return {"stages": [IMITATE | changes]}


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"color": "red"}, "tiny.toml has no setting 'color'. Choose from: model, "),
        ({"data": {"contents": ["a"]}}, "tiny.toml: data lacks 'styles'"),
        ({"data": {"contents": "a", "styles": ["b"]}}, "data: contents cannot be 'a'"),
        ({"data": "pictures"}, "data is a table of settings; got 'pictures'"),
        ({"stages": 3}, "stages cannot be 3"),
        ({"stages": []}, "tiny.toml has no stage"),
        ({"seed": "seven"}, "seed cannot be 'seven'"),
        (stages(speed=3), "stages 1 has no setting 'speed'"),
        (stages(crop=100), "stage 'first': crop is a multiple of 8, at least 32; got 100"),
        (stages(crop=24), "got 24"),
        (stages(steps=0), "steps and batch are at least 1; got 0 and 2"),
        (stages(steps=True), "steps cannot be True"),
        (stages(rate=-1.0), "no rate is negative"),
        (stages(hold=1.5), "hold is 0 to 1; got 1.5"),
        (stages(weights={}), "weights names no term"),
        (stages(weights={"blocks": "much"}), "stages 1: weights: blocks cannot be 'much'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path, changes, match):
    with pytest.raises(UsageError) as caught:
        recipe_of(tmp_path, **changes)
    assert match in str(caught.value) and "\n" not in str(caught.value)


def test_a_setting_that_is_missing_is_named(tmp_path):
    (tmp_path / "a.toml").write_text('model = "a"\n')
    with pytest.raises(UsageError, match="a.toml lacks 'network', 'config', .*'stages'"):
        read_recipe(tmp_path / "a.toml")


@pytest.mark.parametrize("content", [None, b"no = = toml", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(InputError, match="The recipe '.*a.toml' cannot be read") as caught:
        read_recipe(tmp_path / "a.toml")
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_numbers_too(tmp_path):
    assert recipe_of(tmp_path, **stages(rate=1)).stages[0].rate == 1


def test_every_setting_changes_the_digest(tmp_path):
    changed = [{"seed": 1}, stages(steps=4), {"source": "another test"}, {"config": {"stem": 17}}]
    digests = {recipe_of(tmp_path, **changes).digest for changes in ({}, *changed)}
    assert len(digests) == 5
    assert recipe_of(tmp_path).digest == recipe_of(tmp_path / "elsewhere").digest


def test_the_first_start_that_fits_says_the_rate(tmp_path):
    stage = recipe_of(tmp_path, **stages(rates={"head.mix": 0.5, "head": 0.25})).stages[0]
    assert stage.rate_of("head.mix.0.weight") == 0.5
    assert stage.rate_of("head.color.bias") == 0.25
    assert stage.rate_of("stem.1.weight") == IMITATE["rate"]


@pytest.mark.parametrize("name", list(bundled_recipes()))
def test_recipes_that_come_along_can_be_read(name):
    recipe = read_recipe(find_recipe(name))
    assert recipe.model == name
    for stage in recipe.stages:
        assert set(stage.weights) <= set(OBJECTIVES[stage.objective].terms)


def test_a_recipe_takes_from_another_what_it_does_not_say(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('like = "swift"\nmodel = "mine"\n[config]\nstem = 8\n', "utf-8")
    mine, swift = read_recipe(path), read_recipe(find_recipe("swift"))
    assert (mine.model, mine.config) == ("mine", {"stem": 8})
    assert mine == replace(swift, model="mine", config={"stem": 8})


@pytest.mark.parametrize(
    ("like", "said"),
    [('"swift-lite"', "'swift-lite' is like 'swift' itself"), ("3", "like cannot be 3")],
)
def test_a_recipe_is_like_one_that_stands_alone(tmp_path, like, said):
    path = tmp_path / "mine.toml"
    path.write_text(f"like = {like}\n", "utf-8")
    with pytest.raises(UsageError, match=said):
        read_recipe(path)


def test_a_rate_may_be_said_for_a_kind_of_weight(tmp_path):
    stage = recipe_of(tmp_path, **stages(rates={"*.bank": 0.5, "head": 0.25})).stages[0]
    assert stage.rate_of("head.color.bank") == 0.5
    assert stage.rate_of("head.color.weight") == 0.25


def test_a_recipe_is_found_by_name_or_path(tmp_path):
    (tmp_path / "mine").touch()
    assert find_recipe("swift").name == "swift.toml"
    assert find_recipe(str(tmp_path / "mine")) == tmp_path / "mine"
    with pytest.raises(UnknownName, match="Did you mean 'swift'"):
        find_recipe("swif")
