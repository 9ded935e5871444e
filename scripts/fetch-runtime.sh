#!/bin/sh
# Fetches ONNX Runtime into models/runtime/, where the service looks for it.
#
# The library is taken out of the Python package `onnxruntime`, which pip downloads and does not
# install: nothing is written outside this repository. Does nothing where the library is there.
#
# usage: scripts/fetch-runtime.sh        env: PYTHON (python3), ORT_VERSION (1.31.1)
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/models/runtime
python=${PYTHON:-python3}
version=${ORT_VERSION:-1.31.1}

fail() {
    cat >&2 <<MESSAGE
fetch-runtime: $1

Without ONNX Runtime the service embeds prompts with its built-in static table (faster, a little
less accurate), unless its configuration asks for MiniLM. To have MiniLM nevertheless:
  - mend what is said above and run this again; or
  - put a libonnxruntime of version 1.24 or newer from anywhere into $folder; or
  - point to one with the setting embedding.runtime_library.
MESSAGE
    exit 1
}

marker=$folder/.version
if [ "$(cat "$marker" 2>/dev/null)" = "$version" ] && ls "$folder"/libonnxruntime.* >/dev/null 2>&1; then
    echo "fetch-runtime: ONNX Runtime $version is in $folder"
    exit 0
fi

command -v "$python" >/dev/null || fail "$python is not installed"
"$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip (on Debian: apt install python3-pip)"

mkdir -p "$folder"
work=$folder/.fetch
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

echo "fetch-runtime: downloading ONNX Runtime $version (about 25 MB)"
# Any Python's package will do, since only the library in it is wanted: 3.12 has one for each system.
"$python" -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
    --only-binary :all: --python-version 3.12 --dest "$work" "onnxruntime==$version" ||
    fail "pip could not download onnxruntime==$version for this system (is there a network? is this system one that it is built for?)"

"$python" - "$work" "$folder" "$version" <<'PYTHON' || fail "the package holds no library that can be loaded here"
import ctypes, os, pathlib, re, sys, zipfile

work, folder, version = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
(wheel,) = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:  # reading a member checks its checksum
    names = [n for n in archive.namelist()
             if re.fullmatch(r"libonnxruntime\.(so[.\d]*|[.\d]*dylib)", pathlib.PurePath(n).name)]
    name = max(names, key=lambda n: archive.getinfo(n).file_size)
    library = work / pathlib.PurePath(name).name
    library.write_bytes(archive.read(name))

class ApiBase(ctypes.Structure):
    _fields_ = [("get_api", ctypes.c_void_p), ("version", ctypes.CFUNCTYPE(ctypes.c_char_p))]

loaded = ctypes.CDLL(str(library))
loaded.OrtGetApiBase.restype = ctypes.POINTER(ApiBase)
found = loaded.OrtGetApiBase().contents.version().decode()
if found != version:
    sys.exit(f"the library says it is version {found}, not {version}")

for old in folder.glob("libonnxruntime*"):
    old.unlink()
plain = folder / ("libonnxruntime.dylib" if library.suffix == ".dylib" else "libonnxruntime.so")
os.replace(library, plain)
(folder / ".version").write_text(version)
print(f"fetch-runtime: {plain} is ONNX Runtime {found}")
PYTHON
