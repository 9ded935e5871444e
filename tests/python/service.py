"""A running service and stubs for it, shared by the client checks.

POINTSMAN_ADDRESS=host:port uses a server that runs already; otherwise the built program is started
with simulated models on a free port, and stopped at the end.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = """
server:
  listen: 127.0.0.1:0
  http_listen: {http}
embedding:
  kind: static
memory:
  path: {memory}
providers:
  - name: simulated
    type: simulated
    simulation:
      seed: 1
      time_scale: 0.01
"""
_kept = []


def generate_stubs():
    """Stubs by stock grpcio-tools, importable as `pointsman.v1.router_pb2` and so on."""
    from grpc_tools import protoc

    out = tempfile.TemporaryDirectory()
    _kept.append(out)
    files = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"--python_out={out.name}", f"--grpc_python_out={out.name}"]
    if protoc.main(arguments + files) != 0:
        raise RuntimeError("grpc_tools.protoc failed")
    sys.path.insert(0, out.name)


def program():
    given = os.environ.get("POINTSMAN_PROGRAM")
    candidates = [given] if given else [ROOT / "target" / kind / "pointsman" for kind in ("debug", "release")]
    for candidate in candidates:
        if pathlib.Path(candidate).exists():
            return str(candidate)
    raise RuntimeError("the program is not built: run `cargo build`, or give POINTSMAN_PROGRAM or POINTSMAN_ADDRESS")


class Service:
    """A server; `with Service() as service` stops it at the end."""

    def __init__(self, http=False, config=None):
        """`http` opens the HTTP face; `config` is another configuration, which needs a server of its own."""
        self.process = None
        self.http = "127.0.0.1:0" if http else "off"
        self.config = config
        self.address = None if config else os.environ.get("POINTSMAN_ADDRESS")
        self.http_address = os.environ.get("POINTSMAN_HTTP_ADDRESS")

    def __enter__(self):
        if not self.address:
            self.directory = tempfile.TemporaryDirectory()
            config = pathlib.Path(self.directory.name) / "pointsman.yaml"
            memory = pathlib.Path(self.directory.name) / "memory"
            config.write_text(self.config or CONFIG.format(memory=memory, http=self.http))
            self.process = subprocess.Popen(
                [program(), "serve", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            words = []
            self.reader = threading.Thread(target=lambda: words.extend(self.process.stderr), daemon=True)
            self.reader.start()
            for line in self.process.stdout:
                found = re.match(r"gRPC on ([\d.:]+)", line)
                if found:
                    self.address = found.group(1)
                    door = re.search(r"HTTP on http://([\d.:]+)", line)
                    self.http_address = door and door.group(1)
                    break
            if not self.address:
                raise RuntimeError("the service did not start:\n" + "".join(words))
        self.channel = grpc.insecure_channel(self.address)
        return self

    def __exit__(self, *_):
        self.channel.close()
        if self.process:
            self.process.terminate()
            code = self.process.wait(timeout=60)
            self.process.stdout.close()
            self.reader.join()
            self.process.stderr.close()
            self.directory.cleanup()
            if code != 0:
                raise RuntimeError(f"the service ended with code {code}")
