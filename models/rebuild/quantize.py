#!/usr/bin/env python3
"""Dynamic int8, symmetric and per channel; the embedding tables in int8 too.

usage: quantize.py IN.onnx OUT.onnx
"""
import logging
import sys

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

logging.disable(logging.WARNING)
quantize_dynamic(
    sys.argv[1],
    sys.argv[2],
    per_channel=True,
    reduce_range=False,
    weight_type=QuantType.QInt8,
    op_types_to_quantize=["MatMul", "Gather"],
    extra_options={"MatMulConstBOnly": True},
)
model = onnx.load(sys.argv[2])
del model.graph.value_info[:]  # the shapes noted there are those from before
onnx.save(model, sys.argv[2])
