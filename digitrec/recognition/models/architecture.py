"""The layers of a network, grouped for an architecture diagram."""

from collections.abc import Sequence
from typing import NamedTuple

from digitrec.recognition.models.cards import Layer

_GROUPED_LAYERS = {
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
"""Layers shown as part of the layer before, and their names."""
_LAYER_NAMES = {
    "InputLayer": "Input",
    "Conv2D": "Convolution",
    "DepthwiseConv2D": "Depthwise convolution",
    "SeparableConv2D": "Separable convolution",
    "MaxPooling2D": "Max pooling",
    "AveragePooling2D": "Average pooling",
    "GlobalAveragePooling2D": "Global average",
    "GlobalMaxPooling2D": "Global maximum",
}


class Block(NamedTuple):
    """A layer and the layers after it that keep its shape."""

    name: str
    followed_by: tuple[str, ...]
    output: tuple[int, ...]  # The output shape: (height, width, channels) or (values,).
    parameters: int


def group_layers(layers: Sequence[Layer]) -> list[Block]:
    """Group the layers of a network into blocks, the input first."""
    blocks: list[Block] = []
    for layer in layers:
        # The layers of a network with two outputs alternate, so match them by shape.
        index = next((index for index in reversed(range(len(blocks))) if blocks[index].output == layer.output), None)
        if layer.kind in _GROUPED_LAYERS and index is not None:
            name, followed_by, output, parameters = blocks[index]
            followed_by = (*followed_by, _GROUPED_LAYERS[layer.kind])
            blocks[index] = Block(name, followed_by, output, parameters + layer.parameters)
        else:
            blocks.append(Block(_LAYER_NAMES.get(layer.kind, layer.kind), (), layer.output, layer.parameters))
    if blocks and blocks[0].name != "Input":
        blocks.insert(0, Block("Input", (), (28, 28, 1), 0))
    return blocks
