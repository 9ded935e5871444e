#!/usr/bin/env python3
"""Writes all-MiniLM-L6-v2 as an ONNX graph from its weights; torch is not needed.

usage: build_onnx.py WEIGHTS_DIR OUT.onnx

Inputs `input_ids`, `attention_mask`, `token_type_ids`: int64 [batch, sequence]. Output
`last_hidden_state`: float32 [batch, sequence, 384]. Only operators of opset 17, in the patterns that
ONNX Runtime fuses (layer norm, GELU, attention). The result for given weights is the same to the
byte each time.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Graph:
    """Nodes and constants, as they are asked for."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, name, values):
        if name not in self.constants:
            values = np.array(values, order="C", copy=True)
            self.constants[name] = numpy_helper.from_array(values, name)
        return name

    def ints(self, name, *values):
        return self.constant(name, np.array(values, dtype=np.int64))

    def scalar(self, name, value):
        return self.constant(name, np.array(value, dtype=np.float32))

    def node(self, kind, inputs, name=None, **attributes):
        output = name or f"{kind}_{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"n_{output}", **attributes))
        return output

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def linear(self, x, prefix):
        matrix = self.constant(f"{prefix}.weight_t", self.weights[f"{prefix}.weight"].T)
        product = self.node("MatMul", [x, matrix])
        return self.node("Add", [self.weight(f"{prefix}.bias"), product])

    def layer_norm(self, x, prefix, epsilon, name=None):
        inputs = [x, self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=epsilon)


def embeddings(g, config):
    shape = g.node("Shape", ["input_ids"])
    length = g.node("Gather", [shape, g.constant("i_1s", np.array(1, dtype=np.int64))], axis=0)
    length = g.node("Unsqueeze", [length, g.ints("i_0", 0)])
    all_positions = np.arange(config["max_position_embeddings"], dtype=np.int64)[None]
    bounds = [g.constant("position_ids", all_positions), g.ints("i_0", 0), length, g.ints("i_1", 1)]
    position = g.node("Slice", bounds)
    tables = [("word", "input_ids"), ("token_type", "token_type_ids"), ("position", position)]
    word, kind, place = (
        g.node("Gather", [g.weight(f"embeddings.{name}_embeddings.weight"), ids], axis=0)
        for name, ids in tables
    )
    total = g.node("Add", [g.node("Add", [word, kind]), place])
    return g.layer_norm(total, "embeddings.LayerNorm", config["layer_norm_eps"])


def mask(g):
    m = g.node("Unsqueeze", ["attention_mask", g.ints("i_1", 1)])
    m = g.node("Unsqueeze", [m, g.ints("i_2", 2)])
    m = g.node("Cast", [m], to=TensorProto.FLOAT)
    absent = g.node("Sub", [g.scalar("f_one", 1.0), m])
    return g.node("Mul", [absent, g.scalar("f_neg", -10000.0)])


def attention(g, x, m, prefix, scale, split_shape, joined_shape):
    def part(name, order):
        split = [g.linear(x, f"{prefix}attention.self.{name}"), split_shape]
        return g.node("Transpose", [g.node("Reshape", split)], perm=order)

    query, key, value = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]), part("value", [0, 2, 1, 3])
    scores = g.node("Div", [g.node("MatMul", [query, key]), scale])
    shares = g.node("Softmax", [g.node("Add", [scores, m])], axis=-1)
    mixed = g.node("Transpose", [g.node("MatMul", [shares, value])], perm=[0, 2, 1, 3])
    return g.node("Reshape", [mixed, joined_shape])


def gelu(g, x):
    erf = g.node("Erf", [g.node("Div", [x, g.scalar("f_sqrt2", 2**0.5)])])
    product = g.node("Mul", [x, g.node("Add", [erf, g.scalar("f_one", 1.0)])])
    return g.node("Mul", [product, g.scalar("f_half", 0.5)])


def build(config, weights):
    g = Graph(weights)
    hidden, heads, epsilon = config["hidden_size"], config["num_attention_heads"], config["layer_norm_eps"]
    x, m = embeddings(g, config), mask(g)
    depth = hidden // heads
    scale = g.scalar("f_sqrt_d", depth**0.5)
    shapes = g.ints("heads_shape", 0, 0, heads, depth), g.ints("hidden_shape", 0, 0, hidden)
    last = config["num_hidden_layers"] - 1
    for layer in range(last + 1):
        prefix = f"encoder.layer.{layer}."
        c = attention(g, x, m, prefix, scale, *shapes)
        x = g.node("Add", [g.linear(c, f"{prefix}attention.output.dense"), x])
        x = g.layer_norm(x, f"{prefix}attention.output.LayerNorm", epsilon)
        f = gelu(g, g.linear(x, f"{prefix}intermediate.dense"))
        x = g.node("Add", [g.linear(f, f"{prefix}output.dense"), x])
        name = "last_hidden_state" if layer == last else None
        x = g.layer_norm(x, f"{prefix}output.LayerNorm", epsilon, name)
    shape = ["batch_size", "sequence_length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in INPUTS]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, hidden])
    constants = list(g.constants.values())
    graph = helper.make_graph(g.nodes, "all-MiniLM-L6-v2", inputs, [output], constants)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="build_onnx.py")


def main():
    source, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    config = json.loads((source / "config.json").read_text())
    weights = load_file(source / "model.safetensors")
    weights = {name.removeprefix("bert."): values for name, values in weights.items()}
    expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for key, value in expected.items():
        assert config[key] == value, f"{key} is {config[key]}, not {value}"
    model = build(config, weights)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, out)


if __name__ == "__main__":
    main()
