"""Check an untrusted network for code and file access before anything loads it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import h5py

from digitrec.datasets.archives import open_archive
from digitrec.errors import ModelBroken

_COMPUTATION = """
Abs Add AddN AddV2 All Any ArgMax ArgMin AssignVariableOp AvgPool BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd
BroadcastTo Cast Ceil ClipByValue ConcatV2 Const Conv2D Conv2DBackpropInput Cos Cumsum DepthToSpace
DepthwiseConv2dNative DisableCopyOnRead DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor
FloorDiv FloorMod FusedBatchNormV3 GatherNd GatherV2 Greater GreaterEqual Identity IdentityN If InvertPermutation LRN
LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool Maximum Mean Min
Minimum MirrorPad Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 PartitionedCall Placeholder
PlaceholderWithDefault Pow Prod Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear
ResizeNearestNeighbor ReverseV2 Round Rsqrt Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Size Slice Softmax
Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall
StatelessIf StatelessWhile StopGradient StridedSlice Sub Sum Tanh TensorListFromTensor TensorListGetItem
TensorListReserve TensorListSetItem TensorListStack Tile TopKV2 Transpose Unpack VarHandleOp VarIsInitializedOp Where
While ZerosLike
"""
_OPERATIONS = frozenset(_COMPUTATION.split())
"""Operations that only compute: none reads or writes a file, opens a connection or runs other code."""

_SAVING = frozenset(
    ("MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin")
)
"""Operations of the functions that save and restore a SavedModel, which loading doesn't call."""

_REFUSED_LAYERS = frozenset(
    (
        *("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
        *("StringLookup", "IntegerLookup", "TextVectorization"),
    )
)
"""Keras layers that run code from the model file, or read a file that it names."""


def check_network(path: Path) -> None:
    """Raise ModelBroken if loading a ``.keras`` or ``.h5`` file or a SavedModel could run code or reach files.

    Raises other exceptions if it is damaged.
    """
    if path.is_dir():
        found, what = sorted(set(_operations(path))), "operation"
    elif is_zipfile(path):
        try:
            with open_archive(path) as archive:
                config = json.loads(archive.read("config.json"))
                found, what = sorted(set(_layers(config))), "layer or object"
                for name in archive.namelist():
                    if name.endswith(".h5"):
                        with archive.open(name) as weights, h5py.File(weights) as file:
                            _check_links(file, path)
        except BadZipFile as error:
            raise ModelBroken(f"{path} can't be imported: {error}.", path) from error
    else:
        with h5py.File(path) as file:
            _check_links(file, path)
            found, what = sorted(set(_layers(json.loads(file.attrs["model_config"])))), "layer or object"
    if found:
        raise ModelBroken(
            f"{path} was not loaded, because it has the {what} {', '.join(found)}, which may run code or reach files "
            "and which reading digits doesn't need.",
            path,
        )


def _operations(folder: Path) -> Iterator[str]:
    """Yield the operations of a SavedModel that are not allowed."""
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    graphs = parse_saved_model(str(folder)).meta_graphs
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        # TensorFlow runs the whole graph of these, file access included.
        raise ModelBroken(f"{folder} is a SavedModel of TensorFlow 1. Export it again with TensorFlow 2.", folder)
    graph = graphs[0]
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    objects = graph.object_graph_def
    reached: set[str] = set()
    waiting = {*objects.concrete_functions}
    for item in objects.nodes:
        waiting |= {item.bare_concrete_function.concrete_function_name, *item.function.concrete_functions}
    while waiting:
        name = waiting.pop()
        if name in functions and name not in reached:
            reached.add(name)
            waiting |= set(_called(functions[name]))
    yield from (node.op for node in graph.graph_def.node if node.op not in _OPERATIONS)
    for name, nodes in functions.items():
        allowed = _OPERATIONS if name in reached else _OPERATIONS | _SAVING
        yield from (node.op for node in nodes if node.op not in allowed)


def _called(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        for value in node.attr.values():
            yield from (value.func.name, *(function.name for function in value.list.func))


def _layers(config: Any) -> Iterator[str]:
    """Yield the layers and other objects in a Keras configuration that are not allowed."""
    if isinstance(config, Mapping):
        if "class_name" in config:
            name, module = str(config["class_name"]), str(config.get("module") or "keras")
            if name in _REFUSED_LAYERS or module.split(".")[0] not in ("keras", "builtins"):
                yield name
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _layers(item)


def _check_links(file: h5py.File, path: Path) -> None:
    """Raise ModelBroken if an HDF5 file takes content from other files."""

    def is_elsewhere(group: h5py.Group) -> bool:
        for name in group:
            if isinstance(group.get(name, getlink=True), h5py.ExternalLink | h5py.SoftLink):
                return True
            item = group[name]
            if isinstance(item, h5py.Group) and is_elsewhere(item):
                return True
            if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                return True
        return False

    if is_elsewhere(file):
        raise ModelBroken(f"{path} was not loaded, because it takes its weights from other files.", path)
