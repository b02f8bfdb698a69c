"""Writes the weights as the program reads them: one ONNX graph in whole numbers, one NumPy file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from monitor.judge.learned import OUTPUTS, Cuts
from monitor.judge.linear import Linear
from training.joint import Joint
from training.reader import HEADS, WIDTH, Reader

WEIGHTS = Path(__file__).parent.parent / "monitor" / "judge" / "weights"
_OPSET = 20


class _Graph:
    """Collects nodes and constants under names of their own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def linear(self, x: str, module: Any) -> str:
        weight = module.weight.detach().numpy().T.copy()
        product = self.node("MatMul", x, self.constant(weight))
        return self.node("Add", product, self.constant(module.bias.detach().numpy()))

    def norm(self, x: str, module: Any) -> str:
        scale, bias = (one.detach().numpy() for one in (module.weight, module.bias))
        constants = (self.constant(scale), self.constant(bias))
        return self.node("LayerNormalization", x, *constants, axis=-1, epsilon=1e-12)


def graph(reader: Reader) -> onnx.ModelProto:
    """The encoder for one text: embedded pieces (1 x places x width) in, log-odds out."""
    g = _Graph()
    table = g.constant(reader.places.weight.detach().numpy())
    count = g.node("Shape", "embedded", start=1, end=2)
    nought, along = g.constant(np.array([0])), g.constant(np.array([0]))
    places = g.node("Slice", table, nought, count, along)
    x = g.norm(g.node("Add", "embedded", places), reader.norm)
    for layer in reader.layers:
        x = _layer(g, x, layer)
    mean = g.node("ReduceMean", x, g.constant(np.array([1])), keepdims=0)
    answer = g.linear(mean, reader.head)
    g.nodes.append(helper.make_node("Identity", [answer], ["answer"]))
    inputs = [helper.make_tensor_value_info("embedded", TensorProto.FLOAT, [1, "places", WIDTH])]
    outputs = [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, OUTPUTS])]
    made = helper.make_graph(g.nodes, "encoder", inputs, outputs, g.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def _layer(g: _Graph, x: str, layer: Any) -> str:
    split = g.constant(np.array([0, 0, HEADS, WIDTH // HEADS]))
    joined = g.constant(np.array([0, 0, WIDTH]))

    def heads(module: Any, order: list[int]) -> str:
        return g.node("Transpose", g.node("Reshape", g.linear(x, module), split), perm=order)

    query, value = heads(layer.query, [0, 2, 1, 3]), heads(layer.value, [0, 2, 1, 3])
    key = heads(layer.key, [0, 2, 3, 1])
    root = g.constant(np.array((WIDTH // HEADS) ** -0.5, np.float32))
    weighed = g.node("Softmax", g.node("Mul", g.node("MatMul", query, key), root), axis=-1)
    seen = g.node("Transpose", g.node("MatMul", weighed, value), perm=[0, 2, 1, 3])
    out = g.linear(g.node("Reshape", seen, joined), layer.out)
    x = g.norm(g.node("Add", x, out), layer.norm_one)
    wide = g.linear(g.node("Gelu", g.linear(x, layer.up)), layer.down)
    return g.norm(g.node("Add", x, wide), layer.norm_two)


def in_whole_numbers(model: onnx.ModelProto) -> bytes:
    """The graph with its matrices as whole numbers of 7 bits, a scale for each column."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(model, source)
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            # 7 bits: processors without VNNI add two products in 16 bits, which 8 would overflow.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True},
        )
        return target.read_bytes()


def table(reader: Reader) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """The pieces' embeddings as 8-bit numbers, a scale for each piece."""
    whole = reader.pieces.weight.detach().numpy()
    scale = (np.abs(whole).max(axis=1) / 127 + 1e-8).astype(np.float16)
    steps = np.rint(whole / scale.astype(np.float32)[:, None]).clip(-127, 127)
    return steps.astype(np.int8), scale


def write(linear: Linear, reader: Reader, joint: Joint, cuts: Cuts, folder: Path = WEIGHTS) -> None:
    """Put everything in the folder that the program reads."""
    pieces, scale = table(reader)
    np.savez_compressed(
        folder / "weights.npz",
        steps=linear.steps,
        step=linear.scale,
        bias=linear.bias,
        rarity=linear.rarity,
        table=pieces,
        table_scale=scale,
        joint=joint.weights,
        joint_bias=joint.bias,
    )
    (folder / "encoder.onnx").write_bytes(in_whole_numbers(graph(reader)))
    (folder / "cuts.json").write_text(json.dumps(asdict(cuts), indent=1) + "\n", "utf-8")
