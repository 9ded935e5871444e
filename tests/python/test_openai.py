"""The stock OpenAI client against the HTTP face: create, stream, tools, errors, models.

Skipped, loudly, where the `openai` package is not installed (it is in requirements.txt).
"""

import sys
import unittest

try:
    import openai
except ImportError:
    openai = None
    print("SKIPPED: the openai package is not installed; pip install -r tests/python/requirements.txt", file=sys.stderr)

from service import Service

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HELLO = [{"role": "user", "content": "What is 5 + 5?"}]


def setUpModule():
    global client, service
    if openai is None:
        raise unittest.SkipTest("the openai package is not installed")
    service = Service(http=True).__enter__()
    unittest.addModuleCleanup(service.__exit__)
    if not service.http_address:
        raise unittest.SkipTest("the server that POINTSMAN_ADDRESS names has no known HTTP address")
    client = openai.OpenAI(base_url=f"http://{service.http_address}/v1", api_key="none", max_retries=0)


class Chat(unittest.TestCase):
    def test_a_whole_answer(self):
        raw = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
        answer = raw.parse()
        self.assertEqual(answer.object, "chat.completion")
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertTrue(answer.choices[0].message.content)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
        self.assertTrue(answer.id.endswith(raw.headers["x-pointsman-decision-id"]))
        self.assertIn("/", raw.headers["x-pointsman-arm"])

    def test_a_stream_with_usage(self):
        chunks = list(
            client.chat.completions.create(
                model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
        )
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertTrue(text)
        ends = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
        self.assertEqual([end for end in ends if end], ["stop"])
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.completion_tokens, 0)

    def test_tools_and_their_results_are_taken(self):
        call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
        messages = HELLO + [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
            {"role": "user", "content": [{"type": "text", "text": "So, an umbrella?"}]},
        ]
        answer = client.chat.completions.create(model="auto", messages=messages, tools=[TOOL], tool_choice="auto")
        self.assertIn(answer.choices[0].finish_reason, ("stop", "tool_calls"))

    def test_wishes_as_extra_headers_and_body(self):
        raw = client.chat.completions.with_raw_response.create(
            model="auto",
            messages=HELLO,
            extra_headers={"x-pointsman-provider": "simulated", "x-pointsman-fallbacks": "simulated/atlas"},
            extra_body={"pointsman": {"policy": "cost", "tags": {"team": "blue"}}},
        )
        self.assertEqual(raw.headers["x-pointsman-policy"], "cost")

    def test_models_are_listed_with_policies(self):
        names = {model.id for model in client.models.list()}
        self.assertLessEqual({"auto", "simulated/atlas", "balanced", "cost"}, names)
        answer = client.chat.completions.create(model="cost", messages=HELLO)
        self.assertTrue(answer.choices)


class Errors(unittest.TestCase):
    def test_each_has_its_type(self):
        def ask(**more):
            return lambda: client.chat.completions.create(**{"model": "auto", "messages": HELLO, **more})

        for kind, call, words in [
            (openai.NotFoundError, ask(model="no-such-model"), "no-such-model"),
            (openai.BadRequestError, ask(messages=[]), "messages"),
            (openai.BadRequestError, ask(temperature=9), "temperature"),
            (openai.BadRequestError, ask(extra_headers={"x-pointsman-polciy": "cost"}), "polciy"),
            (openai.BadRequestError, ask(extra_body={"pointsman": {"policy": "chaep"}}), "chaep"),
        ]:
            with self.subTest(words), self.assertRaises(kind) as caught:
                call()
            self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
