import pytest

from digitrec.config import settings
from digitrec.recognition.models.architecture import group_layers
from digitrec.recognition.models.cards import Layer, read_card


@pytest.mark.parametrize("name", ["baseline", "everyhand"])
def test_blocks_hold_every_parameter_and_every_layer(name):
    card = read_card(name, settings().models)

    found = group_layers(card.layers)

    assert sum(block.parameters for block in found) == card.parameters
    named = {"Input": 0} if card.layers[0].kind != "InputLayer" else {}
    assert sum(1 + len(block.followed_by) for block in found) == len(card.layers) + len(named)
    assert found[0].output == (28, 28, 1)


def test_each_of_two_answers_gets_its_own_softmax():
    *_, digit, kind = group_layers(read_card("everyhand", settings().models).layers)

    assert (digit.output, digit.followed_by) == ((10,), ("softmax",))
    assert (kind.output, kind.followed_by) == ((4,), ("softmax",))


def test_layer_that_is_not_known_keeps_its_name_and_an_activation_without_layers_before_stands_alone():
    layers = [Layer(kind="ReLU", output=(28, 28, 1), parameters=0), Layer(kind="TFSMLayer", output=(10,), parameters=7)]

    assert [block.name for block in group_layers(layers)] == ["Input", "ReLU", "TFSMLayer"]
