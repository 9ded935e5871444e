#!/usr/bin/env python3
"""A table of one vector a token, distilled from the transformer; in model2vec's format.

usage: distill.py MODEL_DIR OUT_DIR        MODEL_DIR holds model.onnx and tokenizer.json

Each token runs through the model alone (between its frame tokens), the mean of the output is cut to
256 numbers by principal components, and is weighted by a/(a + p) with p by Zipf's law from the
token's rank in the vocabulary (Arora et al. 2017, smooth inverse frequency), so that a plain mean
over a text gives common words little say.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime
from safetensors.numpy import save_file

DIMENSIONS, WIDTH, BATCH, SIF = 256, 384, 512, 1e-4
FRAME = 101, 102  # [CLS] and [SEP]
SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]")


def forward(model, tokens):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    out = np.zeros((tokens, WIDTH), np.float32)
    for start in range(0, tokens, BATCH):
        rows = range(start, min(start + BATCH, tokens))
        ids = np.array([[FRAME[0], row, FRAME[1]] for row in rows], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        out[start : start + len(ids)] = session.run(None, feed)[0].mean(1)
    return out


def principal(vectors):
    centred = (vectors - vectors.mean(0)).astype(np.float64)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    return centred @ axes[:, np.argsort(values)[::-1][:DIMENSIONS]]


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    names = {index: token for token, index in tokenizer["model"]["vocab"].items()}
    words = np.array([not (names[i] in SPECIAL or names[i].startswith("[unused")) for i in range(len(names))])
    table = np.zeros((len(names), DIMENSIONS), np.float32)
    table[words] = principal(forward(str(source / "model.onnx"), len(names))[words])
    frequency = np.zeros(len(names))
    frequency[words] = 1 / np.arange(2, words.sum() + 2)
    frequency /= frequency.sum()
    table *= (SIF / (SIF + frequency))[:, None].astype(np.float32)
    table[~words] = 0
    save_file({"embeddings": table.astype(np.float16)}, out / "model.safetensors")
    tokenizer.update(truncation=None, padding=None, post_processor=None)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    description = {
        "model_type": "model2vec", "architectures": ["StaticModel"], "tokenizer_name": "local",
        "apply_pca": DIMENSIONS, "apply_zipf": None, "sif_coefficient": SIF, "hidden_dim": DIMENSIONS,
        "seq_length": 1000000, "normalize": True, "pooling": "mean",
    }
    (out / "config.json").write_text(json.dumps(description))


if __name__ == "__main__":
    main()
