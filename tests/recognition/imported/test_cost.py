import sys

import onnx
import pytest
from onnx import TensorProto, helper

from digitrec.errors import ModelBroken
from digitrec.recognition.imported.cost import check_cost


def network(path, *nodes, **constants):
    """Write a network that reduces pictures to one number, ``x``, does what the nodes say, and returns ``y``."""
    tensors = [helper.make_tensor(name, TensorProto.INT64, [len(values)], values) for name, values in constants.items()]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["pictures"], ["x"], keepdims=0), *nodes],
        "network",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["N", 28, 28, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def reduced(name):
    return helper.make_node("ReduceMean", [name], ["y"], keepdims=0)


@pytest.mark.slow
def test_small_network_is_accepted(tmp_path):
    check_cost(network(tmp_path / "model.onnx", helper.make_node("Relu", ["x"], ["y"])), tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits the memory of a process.")
@pytest.mark.slow
def test_network_that_takes_gigabytes_is_refused(tmp_path):
    nodes = helper.make_node("Expand", ["x", "shape"], ["large"]), reduced("large")

    with pytest.raises(ModelBroken, match=r"takes more than 1 GB of memory"):
        check_cost(network(tmp_path / "model.onnx", *nodes, shape=[2**14, 2**15]), tmp_path)


@pytest.mark.slow
def test_slow_network_is_refused(tmp_path):
    nodes = (
        helper.make_node("Expand", ["x", "shape"], ["large"]),
        helper.make_node("MatMul", ["large", "large"], ["product"]),
        reduced("product"),
    )

    with pytest.raises(ModelBroken, match=r"too slow: it takes \d+\.\d\d seconds for a prediction, and the app allows"):
        check_cost(network(tmp_path / "model.onnx", *nodes, shape=[3000, 3000]), tmp_path)
