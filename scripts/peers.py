#!/usr/bin/env python3
"""The failure table of the field, for Pointsman: two deployments, one of them faulty, 200 requests.

For each fault the program is started anew with a fresh memory, asked over its OpenAI-compatible face,
and stopped. Counted are: client errors (no 2xx, or not the whole answer, or a stream that ends
without its end), calls of the faulty deployment, and the longest request (what a hang costs). The
rows of other gateways were measured with the same faults on one machine; they are quoted below.

    make peers                       # or: python3 scripts/peers.py --program target/release/pointsman
    python3 scripts/peers.py --mock 127.0.0.1:9100    # another upstream with the same paths
    python3 scripts/peers.py --check                  # exit 1 where the bar is missed

The upstream plays what its path says: /b/fail-500/v1/chat/completions and so on; /__stats counts.
Only the standard library is used. Everything listens on 127.0.0.1.
"""

import argparse
import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

# (column, the faulty deployment's behaviour, streamed, restart asked for, requests)
COLUMNS = [
    ("500", "fail-500", False, False, 200),
    ("429", "fail-429", False, False, 200),
    ("401", "fail-401", False, False, 200),
    ("400", "fail-400", False, False, 200),
    ("hang", "hang", False, False, 24),
    ("cut body", "break", False, False, 200),
    ("stream 500", "fail-500", True, False, 200),
    ("stream hang", "hang", True, False, 24),
    ("cut before 1st", "breakpre", True, False, 200),
    ("cut after 3", "break-3", True, False, 200),
    ("cut after 3, restart", "break-3", True, True, 200),
]
# Client errors of others in the columns above; None where it was not measured. LiteLLM 1.109.1,
# Portkey gateway 1.15.2, Helicone ai-gateway (July 2025), TensorZero gateway (mid 2025), A3M 2.x and
# ai.matey (npm); two cores, November 2026. In the note: what a request paid, calls of the faulty one.
PEERS = [
    ("TensorZero, weighted", [0, 0, 0, 0, 0, 0, 0, None, 0, 94, None], "a hang costs 3 s each"),
    ("TensorZero, fallback", [0, 0, 0, 0, 0, 0, 0, None, 0, 200, None], "a hang costs 3 s each"),
    ("LiteLLM, shuffle", [0, 0, 0, 101, 0, 0, 0, None, 107, 97, None], "a hang costs up to 6.4 s"),
    ("LiteLLM, latency", [0, 0, 0, 192, 0, 0, 0, None, 192, 200, None], ""),
    ("Portkey, balance", [0, 0, 0, 0, 0, 107, 0, None, 114, 102, None], "a 500 costs 3 s each"),
    ("Portkey, fallback", [0, 0, 0, 0, 24, 200, 0, None, 200, 200, None], ""),
    ("Helicone, weighted", [98, 197, 98, 100, 10, 102, 87, None, 100, 108, None], ""),
    ("Helicone, retries", [111, 196, 105, 94, 10, 106, 92, None, 84, 103, None], "333 calls"),
    ("A3M, auto", [0, 0, 0, 0, 12, 0, 108, None, 108, 108, None], "cut = apparent success"),
    ("ai.matey, breaker", [0, 0, 0, 0, 12, 0, 100, None, 100, 100, None], "cut = apparent success"),
]
# The breaker's threshold in the configuration below.
THRESHOLD = 5
TEXT = "Hello from the mock upstream."


class Mock:
    """An upstream that misbehaves as its path says."""

    def __init__(self):
        self.stats = {}
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        length = 0
        for line in head.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = await reader.readexactly(length)
        if path == "/__stats":
            return await self.reply(writer, 200, json.dumps(self.stats))
        if path == "/__reset":
            self.stats.clear()
            return await self.reply(writer, 200, "{}")
        behaviour = path.split("/")[2] if path.startswith("/b/") else "ok"
        if not path.endswith("/chat/completions"):
            return await self.reply(writer, 404, '{"error":{"message":"not found"}}')
        key = "0 %s chat" % behaviour
        self.stats[key] = self.stats.get(key, 0) + 1
        return await self.play(writer, behaviour, b'"stream":true' in body.replace(b" ", b""))

    async def reply(self, writer, status, body, more=""):
        kind = "content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        writer.write(("HTTP/1.1 %d X\r\n%s%s\r\n%s" % (status, kind, more, body)).encode())
        await writer.drain()
        return True

    async def play(self, writer, behaviour, streamed):
        kind, _, number = behaviour.partition("-")
        if kind == "hang":
            await asyncio.sleep(3600)
        if kind == "fail":
            type_ = "rate_limit_error" if number == "429" else "server_error"
            error = {"message": "mock " + number, "type": type_, "code": number}
            more = "retry-after: 2\r\n" if number == "429" else ""
            return await self.reply(writer, int(number), json.dumps({"error": error}), more)
        if streamed:
            return await self.stream(writer, kind, number)
        return await self.whole(writer, kind)

    async def whole(self, writer, kind):
        message = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20}
        body = json.dumps({"id": "1", "model": "m", "choices": [choice], "usage": usage})
        if kind.startswith("break"):
            half = body[: len(body) // 2]
            head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            writer.write((head % len(body) + half).encode())
            await writer.drain()
            return False
        return await self.reply(writer, 200, body)

    async def stream(self, writer, kind, number):
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        words = TEXT.split(" ")
        if kind == "breakpre":
            words = []
        elif kind == "break":
            words = words[: int(number or 3)]
        for place, word in enumerate(words):
            text = word if place == 0 else " " + word
            delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
            self.event(writer, json.dumps({"id": "1", "model": "m", "choices": [delta]}))
            await writer.drain()
        if kind.startswith("break"):
            await asyncio.sleep(0.02)
            return False
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        self.event(writer, json.dumps({"id": "1", "model": "m", "choices": [end]}))
        usage = {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20}
        self.event(writer, json.dumps({"id": "1", "model": "m", "choices": [], "usage": usage}))
        self.event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    @staticmethod
    def event(writer, data):
        text = ("data: %s\n\n" % data).encode()
        writer.write(b"%x\r\n%s\r\n" % (len(text), text))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().read()


def configuration(mock, behaviour, folder, ports, layout):
    """Two deployments: the faulty one and a good one; of one model, or of two."""
    place = "/b/%s/v1"
    providers = "\n".join(
        """  - name: %s
    type: openai_compatible
    base_url: http://%s%s
    api_key: sk-mock
    models: [{name: mock-model, cost: {input_per_mtok: 1, output_per_mtok: 2}}]"""
        % (name, mock, place % what)
        for name, what in (("faulty", behaviour), ("good", "ok"))
    )
    arms = "arms: [{name: mock, deployments: [faulty/mock-model, good/mock-model]}]"
    return """
server: {listen: "127.0.0.1:%d", http_listen: "127.0.0.1:%d"}
memory: {path: "%s"}
embedding: {kind: static}
logging: {level: error}
providers:
%s
%s
routing:
  timeouts: {connect: 1s, first_token: 1s, idle: 1s, total: 20s}
  failover: {circuit_breaker: {failure_threshold: %d}}
""" % (*ports, folder, providers, arms if layout == "deployments" else "", THRESHOLD)


class Server:
    """The program with one configuration."""

    def __init__(self, program, text, folder, port):
        path = os.path.join(folder, "peers.yaml")
        with open(path, "w") as file:
            file.write(text)
        self.log = open(os.path.join(folder, "log"), "w")
        self.process = subprocess.Popen(
            [program, "serve", "--config", path], stdout=self.log, stderr=self.log
        )
        self.address = "127.0.0.1:%d" % port
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                get(self.address, "/metrics")
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        with open(self.log.name) as log:
            sys.exit("the server did not start:\n" + log.read())

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self.log.close()


def ask(address, number, streamed, restart):
    """One request: (good, told, seconds). `told`: a bad stream ended with one error and no [DONE]."""
    body = {
        "model": "auto",
        "stream": streamed,
        "messages": [{"role": "user", "content": "Say hello, number %d." % number}],
    }
    if restart:
        body["pointsman"] = {"restart_stream": True}
    started = time.monotonic()
    try:
        connection = http.client.HTTPConnection(address, timeout=60)
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"}
        )
        reply = connection.getresponse()
        text = reply.read().decode()
        good, told = judge(reply.status, text, streamed)
    except (OSError, http.client.HTTPException):
        good, told = False, False
    return good, told, time.monotonic() - started


def judge(status, text, streamed):
    if not streamed:
        content = json.loads(text)["choices"][0]["message"]["content"] if status == 200 else ""
        return status == 200 and whole(content), status != 200
    events = [line[6:] for line in text.split("\n") if line.startswith("data: ")]
    content, errors, done = "", 0, events[-1:] == ["[DONE]"]
    for event in events:
        if event == "[DONE]":
            continue
        event = json.loads(event)
        errors += "error" in event
        if "restarted" in event.get("pointsman", {}):
            content = ""
        for choice in event.get("choices", []):
            content += choice.get("delta", {}).get("content") or ""
    good = status == 200 and done and not errors and whole(content)
    return good, errors == 1 and not done


def whole(content):
    """The answer of the mock here, or of the other one (whole, or all ten pieces)."""
    return content == TEXT or content.endswith(TEXT) or "zq9 " in content


def column(options, mock, layout, of):
    name, behaviour, streamed, restart, requests = of
    with tempfile.TemporaryDirectory() as folder:
        ports = (free_port(), free_port())
        text = configuration(mock, behaviour, os.path.join(folder, "memory"), ports, layout)
        server = Server(options.program, text, folder, ports[1])
        try:
            get(mock, "/__reset")
            with ThreadPoolExecutor(options.concurrency) as pool:
                asked = lambda number: ask(server.address, number, streamed, restart)
                results = list(pool.map(asked, range(requests)))
            stats = json.loads(get(mock, "/__stats"))
        finally:
            server.stop()
    words = [key.split(" ") for key in stats]
    hits = sum(stats[" ".join(key)] for key in words if key[1] == behaviour)
    times = sorted(seconds for _, _, seconds in results)
    return {
        "column": name,
        "errors": sum(not good for good, _, _ in results),
        "lies": sum(not good and not told for good, told, _ in results),
        "hits": hits,
        "slow": sum(seconds > 0.9 for seconds in times),
        "median_ms": times[len(times) // 2] * 1e3,
        "longest_s": times[-1],
    }


def misses(found, at_once):
    """Where the bar is missed, in words. Calls that were under way together may all pay."""
    cut = found["column"] == "cut after 3"
    hang = "hang" in found["column"]
    if found["errors"] > (THRESHOLD if cut else 0):
        yield "%d client errors" % found["errors"]
    if found["lies"]:
        yield "%d ends that were not truthful" % found["lies"]
    if found["hits"] > THRESHOLD + at_once - 1:
        yield "%d calls of the faulty deployment" % found["hits"]
    if hang and found["slow"] > at_once:
        yield "%d requests paid for the hang" % found["slow"]


def table(rows):
    names = [column[0] for column in COLUMNS]
    width = max(len(row[0]) for row in rows)
    print("client errors".ljust(width), *names, sep=" | ")
    for name, cells, note in rows:
        shown = ("-" if cell is None else str(cell) for cell in cells)
        print(name.ljust(width), *(cell.rjust(len(n)) for cell, n in zip(shown, names)), note, sep=" | ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="target/release/pointsman")
    parser.add_argument("--mock", help="host:port of another upstream with the same paths")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="exit 1 where the bar is missed")
    options = parser.parse_args()
    mock = options.mock or Mock().address
    rows, missed = [], []
    layouts = (("Pointsman, 2 deployments", "deployments"), ("Pointsman, 2 models", "models"))
    for title, layout in layouts:
        found = [column(options, mock, layout, of) for of in COLUMNS]
        hits = [one["hits"] for one in found]
        rows.append((title, [one["errors"] for one in found], "at most %d calls" % max(hits)))
        rows.append(("  calls of the faulty one", hits, ""))
        rows.append(("  requests over 0.9 s", [one["slow"] for one in found], "one time-out is 1 s"))
        for one in found:
            missed += ["%s, %s: %s" % (title, one["column"], what) for what in misses(one, options.concurrency)]
    table(rows + PEERS)
    for line in missed:
        print("missed:", line)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
