"""Check an untrusted network for code and file access before anything loads it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from digitrec.training.imported import NotImportable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPERATIONS = _names("""
Abs AccumulateNV2 Acos Add AddN AddV2 AdjustContrastv2 AdjustHue AdjustSaturation All Angle Any ApproximateEqual ArgMax
ArgMin Asin Assert AssignAddVariableOp AssignSubVariableOp AssignVariableOp Atan Atan2 AvgPool AvgPoolGrad BatchMatMul
BatchMatMulV2 BatchMatMulV3 BatchNormWithGlobalNormalization BatchToSpace BatchToSpaceND BiasAdd BiasAddGrad Bincount
Bitcast BitwiseAnd BroadcastArgs BroadcastGradientArgs BroadcastTo Bucketize Case Cast Ceil ClipByValue ConcatOffset
ConcatV2 Const Conv1D Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Cos Cosh CropAndResize CudnnRNN
CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNV2 CudnnRNNV3 Cumprod Cumsum DenseBincount DepthToSpace
DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag DisableCopyOnRead
DivNoNan DynamicPartition DynamicStitch Einsum Elu EluGrad EmptyTensorList EnsureShape Equal Erf Erfc Exp ExpandDims
Expm1 ExtractImagePatches FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars
FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannel FakeQuantWithMinMaxVarsPerChannelGradient Fill Floor
FloorDiv FloorMod FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2
FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual HSVToRGB HistogramFixedWidth Identity IdentityN If
ImageProjectiveTransformV2 ImageProjectiveTransformV3 InTopK InTopKV2 InvGrad InvertPermutation IsFinite IsInf IsNan
L2Loss LRN LRNGrad LeakyRelu LeakyReluGrad Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr
LogicalXor LowerBound MatMul MatrixDiag MatrixDiagV3 Max MaxPool MaxPoolGrad MaxPoolGradV2 MaxPoolV2 Maximum Mean Merge
Min Minimum MirrorPad MirrorPadGrad Mul Multinomial Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
ParallelDynamicStitch PartitionedCall Placeholder PlaceholderWithDefault Pow PreventGradient Prod
QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeAndDequantizeV4Grad RGBToHSV
RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt Range Rank ReadVariableOp RealDiv Reciprocal
ReciprocalGrad RefIdentity Relu Relu6 Relu6Grad ReluGrad Reshape ResizeArea ResizeBicubic ResizeBilinear
ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad ResourceApplyAdaMax ResourceApplyAdadelta
ResourceApplyAdagrad ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyAdamWithAmsgrad ResourceApplyCenteredRMSProp
ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum
ResourceApplyRMSProp ResourceGather ResourceScatterAdd ResourceScatterUpdate ReverseSequence ReverseV2 Rint
RngReadAndSkip RngSkip Roll Round Rsqrt RsqrtGrad ScatterNd SegmentSum Select SelectV2 Selu SeluGrad Shape ShapeN
Sigmoid SigmoidGrad Sign Sin Size Slice Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad Softsign
SoftsignGrad SpaceToBatch SpaceToBatchND SpaceToDepth SparseSoftmaxCrossEntropyWithLogits Split SplitV Sqrt SqrtGrad
Square SquaredDifference Squeeze StatefulPartitionedCall StatefulStandardNormalV2 StatefulUniform StatefulUniformFullInt
StatefulUniformInt StatelessCase StatelessIf StatelessRandomGetAlg StatelessRandomGetKeyCounter
StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomUniform
StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformIntV2 StatelessRandomUniformV2
StatelessTruncatedNormalV2 StatelessWhile StopGradient StridedSlice StridedSliceGrad Sub Sum Switch Tan Tanh TanhGrad
TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
TensorListPopBack TensorListPushBack TensorListPushBackBatch TensorListReserve TensorListResize TensorListScatter
TensorListScatterIntoExistingList TensorListSetItem TensorListSplit TensorListStack TensorScatterUpdate Tile TopKV2
Transpose TruncateDiv TruncateMod TruncatedNormal Unique UniqueV2 Unpack UnsortedSegmentSum UpperBound VarHandleOp
VarIsInitializedOp Where While Xdivy Xlogy ZerosLike
""")
"""Operations that only compute: none reads or writes a file, opens a connection or runs other code."""

_SAVING = _names("MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin")
"""Operations of the functions that save and restore a SavedModel, which loading doesn't call."""

_REFUSED_LAYERS = _names("""
Lambda __lambda__ TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer StringLookup IntegerLookup TextVectorization
""")
"""Keras layers that run code from the model file, or read a file that it names."""

_KERAS_PACKAGES = _names("""
activations constraints dtype_policies engine initializers layers legacy models ops mixed_precision quantizers random
regularizers
""")
"""Keras packages with the objects that make up a network. Others hold functions such as ``keras.utils.get_file``."""
_SPECIAL_OBJECTS = _names("__keras_tensor__ __tensor__ __numpy__ __bytes__ __ellipsis__ __slice__")
_TENSORFLOW_FUNCTIONS = ("math.", "nn.", "linalg.", "image.", "__operators__.")
_MORE_TENSORFLOW_FUNCTIONS = _names("""
cast clip_by_value concat expand_dims identity ones_like pad repeat reshape reverse shape slice split squeeze stack tile
transpose unstack where zeros_like compat.v1.transpose compat.v1.shape keras.backend.mean keras.activations.relu
""")
"""Functions of TensorFlow that Keras 2 calls by name: they only compute."""


def check_saved_model(folder: Path) -> None:
    """Raise NotImportable if loading or running a SavedModel could run other code or access files."""
    _refuse(sorted(set(_operations(folder))), "operation")


def check_configuration(config: Any) -> None:
    """Raise NotImportable if a Keras configuration has objects that could run code or access files."""
    if isinstance(config, Mapping):
        # Networks are loaded without their losses and metrics.
        config = {name: value for name, value in config.items() if name != "compile_config"}
    _refuse(sorted(set(_layers(config))), "layer or object")


def check_weights(file: h5py.File) -> None:
    """Raise NotImportable if an HDF5 file takes content from other files."""

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
        raise NotImportable("was not loaded, because it takes its weights from other files.")


def _refuse(found: list[str], what: str) -> None:
    if found:
        raise NotImportable(
            f"was not loaded, because it has the {what} {', '.join(found)}, which may run code or access files and "
            "which a digit model doesn't need."
        )


def _operations(folder: Path) -> Iterator[str]:
    """Yield the operations of a SavedModel that are not allowed."""
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    graphs = parse_saved_model(str(folder)).meta_graphs
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        # TensorFlow runs the whole graph of these, file access included.
        raise NotImportable("is a TensorFlow 1 SavedModel. Export it again with TensorFlow 2.")
    graph = graphs[0]
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    objects = graph.object_graph_def
    reached: set[str] = set()
    waiting = {*objects.concrete_functions, *(node.op for node in graph.graph_def.node)}
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
    """Yield the names of functions that nodes may call; a function with the name of an operation replaces it."""
    for node in nodes:
        yield node.op
        for value in node.attr.values():
            yield from (value.func.name, *(function.name for function in value.list.func))


def _layers(config: Any) -> Iterator[str]:
    """Yield the layers and other objects in a Keras configuration that are not allowed."""
    if isinstance(config, Mapping):
        if "class_name" in config and not _is_allowed(config):
            yield str(config["class_name"])
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _layers(item)


def _is_allowed(config: Mapping[str, Any]) -> bool:
    name = str(config["class_name"])
    if name in _SPECIAL_OBJECTS:
        return True
    if name in _REFUSED_LAYERS or name.startswith("__") or ">" in name:
        return False
    if name in ("TFOpLambda", "SlicingOpLambda"):
        function = str((config.get("config") or {}).get("function"))
        return function.startswith(_TENSORFLOW_FUNCTIONS) or function in _MORE_TENSORFLOW_FUNCTIONS
    # Files of Keras 2 don't name the modules of their layers.
    module = config.get("module", "keras")
    root, *packages = [part for part in str(module).split(".") if part != "src"]
    if root == "builtins":
        return name == "function"
    return root in ("keras", "tf_keras") and (not packages or packages[0] in _KERAS_PACKAGES)
