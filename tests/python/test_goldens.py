"""Our golden files against the types that the vendors publish: what we send is what OpenAI's and Anthropic's
own client libraries would send, and what we take for their answers parses as theirs.

A library that is not installed is skipped, loudly. `anthropic` and `google-genai` are not in requirements.txt;
`pip install anthropic google-genai` lets those checks run.
"""

import importlib.util
import json
import pathlib
import sys
import unittest

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"


def needs(package):
    """Skips a test where the package is missing, and says so."""
    try:
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None
    if not found:
        print(f"SKIPPED: {package} is not installed: its types check no golden file", file=sys.stderr)
    return unittest.skipUnless(found, f"{package} is not installed")


def requests(folder):
    """Name and JSON of the requests that we would send; refusals in words are left out."""
    for path in sorted((GOLDEN / folder).glob("request.*.snap")):
        _, _, text = path.read_text().partition("\n---\n")
        if text.lstrip().startswith("{"):
            yield path.name, json.loads(text)


def answer(folder, name):
    return json.loads((GOLDEN / folder / name).read_text())


def data(folder, name):
    """The `data:` lines of a stream that are JSON objects."""
    for line in (GOLDEN / folder / name).read_text().splitlines():
        line = line.removeprefix("data:").strip()
        if line.startswith("{"):
            yield json.loads(line)


class OpenAi(unittest.TestCase):
    @needs("openai")
    def test_requests_have_the_published_types(self):
        from openai.types.chat import completion_create_params
        from pydantic import TypeAdapter

        adapter = TypeAdapter(completion_create_params.CompletionCreateParamsBase)
        for name, body in requests("azure"):
            if name == "request.unknown.snap":
                continue  # Parameters that nobody published, on purpose.
            with self.subTest(name):
                adapter.validate_python(body, strict=False)

    @needs("openai")
    def test_answers_parse(self):
        from openai.types.chat import ChatCompletion, ChatCompletionChunk

        parsed = ChatCompletion.model_validate(answer("azure", "response.text.json"))
        self.assertTrue(parsed.choices[0].message.content)
        for chunk in data("azure", "stream.text.txt"):
            # Azure's first and last chunks are not what OpenAI publishes; those we pass over.
            if chunk["object"] and all("delta" in choice for choice in chunk["choices"]):
                ChatCompletionChunk.model_validate(chunk)


class Anthropic(unittest.TestCase):
    @needs("anthropic")
    def test_requests_have_the_published_types(self):
        from anthropic.types import message_create_params
        from pydantic import TypeAdapter

        adapter = TypeAdapter(message_create_params.MessageCreateParamsBase)
        for folder in ("anthropic", "anthropic/opus-4-7"):
            for name, body in requests(folder):
                if name == "request.unknown.snap":
                    continue
                with self.subTest(f"{folder}/{name}"):
                    adapter.validate_python(body, strict=False)

    @needs("anthropic")
    def test_answers_parse(self):
        from anthropic.types import Message, RawMessageStreamEvent
        from pydantic import TypeAdapter

        for name in ("response.text.json", "response.thinking_and_tools.json", "response.refusal.json"):
            with self.subTest(name):
                self.assertEqual(Message.model_validate(answer("anthropic", name)).role, "assistant")
        adapter = TypeAdapter(RawMessageStreamEvent)
        for event in data("anthropic", "stream.text_and_tools.txt"):
            # Pings have no type, one event is of the future, one citation is shortened.
            ours = event["type"] in ("ping", "some_event_of_the_future")
            if not ours and event.get("delta", {}).get("type") != "citations_delta":
                adapter.validate_python(event)


class Gemini(unittest.TestCase):
    @needs("google.genai")
    def test_answers_parse(self):
        from google.genai import types

        for name in ("response.text.json", "response.safety.json", "response.blocked_prompt.json"):
            with self.subTest(name):
                types.GenerateContentResponse.model_validate(answer("gemini", name))


if __name__ == "__main__":
    unittest.main()
