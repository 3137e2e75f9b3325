import pytest

from digitrec.config import settings
from digitrec.recognition.models.architecture import group_layers
from digitrec.recognition.models.cards import Layer, read_card


@pytest.mark.parametrize("name", ["baseline", "everyhand"])
def test_blocks_contain_every_layer_and_parameter(name):
    card = read_card(name, settings().models)

    found = group_layers(card.layers)

    assert sum(block.parameters for block in found) == card.parameters
    named = {"Input": 0} if card.layers[0].kind != "InputLayer" else {}
    assert sum(1 + len(block.followed_by) for block in found) == len(card.layers) + len(named)
    assert found[0].output == (28, 28, 1)


def test_each_of_two_outputs_has_its_own_softmax():
    *_, digit, kind = group_layers(read_card("everyhand", settings().models).layers)

    assert (digit.output, digit.followed_by) == ((10,), ("softmax",))
    assert (kind.output, kind.followed_by) == ((4,), ("softmax",))


def test_unknown_layers_and_leading_activations_are_blocks():
    layers = [Layer(kind="ReLU", output=(28, 28, 1), parameters=0), Layer(kind="TFSMLayer", output=(10,), parameters=7)]

    assert [block.name for block in group_layers(layers)] == ["Input", "ReLU", "TFSMLayer"]
