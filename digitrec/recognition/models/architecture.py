"""A network as the blocks a person draws it in."""

from collections.abc import Sequence
from dataclasses import dataclass

from digitrec.recognition.models.cards import Layer

_FOLLOWING = {
    "BatchNormalization": "batch normalization",
    "ReLU": "ReLU",
    "LeakyReLU": "leaky ReLU",
    "PReLU": "PReLU",
    "ELU": "ELU",
    "Activation": "activation",
    "Dropout": "dropout",
    "SpatialDropout2D": "dropout",
    "Softmax": "softmax",
}
"""What belongs to the layer before it, and is called so."""
_NAMES = {
    "InputLayer": "Input",
    "Conv2D": "Convolution",
    "DepthwiseConv2D": "Depthwise convolution",
    "SeparableConv2D": "Separable convolution",
    "MaxPooling2D": "Max pooling",
    "AveragePooling2D": "Average pooling",
    "GlobalAveragePooling2D": "Global average",
    "GlobalMaxPooling2D": "Global maximum",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A layer with what follows it and keeps its shape."""

    name: str
    followed_by: tuple[str, ...]
    output: tuple[int, ...]
    """The shape (height, width, channels) or (values,) it gives."""
    parameters: int


def group_layers(layers: Sequence[Layer]) -> list[Block]:
    """The layers of a network in blocks, the input first."""
    found: list[Block] = []
    for layer in layers:
        # Networks with two answers have the layers of both in turn.
        place = next((place for place in reversed(range(len(found))) if found[place].output == layer.output), None)
        if layer.kind in _FOLLOWING and place is not None:
            before = found[place]
            following = (*before.followed_by, _FOLLOWING[layer.kind])
            found[place] = Block(before.name, following, before.output, before.parameters + layer.parameters)
        else:
            found.append(Block(_NAMES.get(layer.kind, layer.kind), (), layer.output, layer.parameters))
    if found and found[0].name != "Input":
        found.insert(0, Block("Input", (), (28, 28, 1), 0))
    return found
