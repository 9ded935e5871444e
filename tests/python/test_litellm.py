"""An independent OpenAI-compatible server, LiteLLM's proxy with mock answers, behind our
`openai_compatible` dialect.

LiteLLM is large and not in requirements.txt. LITELLM=path/to/litellm names its program; without it, and
with none on the PATH, this is skipped, loudly.
"""

import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from service import Service, generate_stubs

generate_stubs()
from pointsman.v1 import chat_pb2, router_pb2, router_pb2_grpc  # noqa: E402

PROGRAM = os.environ.get("LITELLM") or shutil.which("litellm")
PROXY = """
model_list:
  - model_name: rivers
    litellm_params: {model: openai/rivers, api_key: none, mock_response: "Rhine, Danube, Elbe"}
  - model_name: busy
    litellm_params: {model: openai/busy, api_key: none, mock_response: "litellm.RateLimitError"}
litellm_settings: {num_retries: 0}
"""
ROUTER = """
server: {{listen: 127.0.0.1:0, http_listen: off}}
embedding: {{kind: static}}
memory: {{path: none}}
providers:
  - name: proxy
    type: openai_compatible
    base_url: http://127.0.0.1:{port}/v1
    api_key: {key}
    models: [rivers, busy]
routing: {{failover: {{max_retries: 1}}}}
"""


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def setUpModule():
    global router
    if not PROGRAM:
        print("SKIPPED: litellm is not installed; LITELLM=path/to/litellm names its program", file=sys.stderr)
        raise unittest.SkipTest("litellm is not installed")
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    config = pathlib.Path(directory.name) / "proxy.yaml"
    config.write_text(PROXY)
    port = free_port()
    key = f"sk-{secrets.token_hex(32)}"
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": key}
    log = open(pathlib.Path(directory.name) / "log", "w+")
    proxy = subprocess.Popen(
        [PROGRAM, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
        stdout=log,
        stderr=log,
        env=environment,
    )
    unittest.addModuleCleanup(lambda: (proxy.terminate(), proxy.wait(timeout=60), log.close()))
    until = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5)
            break
        except OSError:
            if proxy.poll() is not None or time.monotonic() > until:
                log.seek(0)
                raise RuntimeError("litellm did not start:\n" + log.read()[-3000:])
            time.sleep(0.5)
    service = Service(config=ROUTER.format(port=port, key=key)).__enter__()
    unittest.addModuleCleanup(service.__exit__)
    router = router_pb2_grpc.RouterServiceStub(service.channel)


def asking(model, **routing):
    chat = chat_pb2.Chat(prompt="Name three rivers")
    return {"chat": chat, "routing": {"model": model, **routing}}


class Proxy(unittest.TestCase):
    def test_a_whole_answer(self):
        routed = router.Route(router_pb2.RouteRequest(**asking("rivers")), timeout=60)
        self.assertEqual(routed.completion.text, "Rhine, Danube, Elbe")
        self.assertEqual(routed.completion.stop_reason, chat_pb2.STOP_REASON_STOP)
        self.assertTrue(routed.completion.usage.known)
        self.assertGreater(routed.completion.usage.output_tokens, 0)

    def test_a_stream(self):
        events = list(router.RouteStream(router_pb2.RouteStreamRequest(**asking("rivers")), timeout=60))
        kinds = [event.WhichOneof("event") for event in events]
        self.assertEqual((kinds[0], kinds[-1]), ("decision", "completed"))
        text = "".join(event.text_delta.text for event in events if event.WhichOneof("event") == "text_delta")
        self.assertEqual(text, "Rhine, Danube, Elbe")

    def test_a_throttled_model_falls_back(self):
        chat = chat_pb2.Chat(prompt="Name three rivers")
        request = router_pb2.RouteRequest(chat=chat)
        request.routing.strategy = "priority"
        request.routing.allow.extend(["proxy/busy", "proxy/rivers"])
        request.routing.deny.extend([])
        seen = set()
        for _ in range(4):
            routed = router.Route(request, timeout=60)
            self.assertEqual(routed.outcome.served_by, "proxy/rivers")
            seen.update(attempt.fault.kind for attempt in routed.outcome.attempts if attempt.fault.kind)
        self.assertLessEqual(seen, {"rate_limited", "breaker_open", "cooling_down"})


if __name__ == "__main__":
    unittest.main()
