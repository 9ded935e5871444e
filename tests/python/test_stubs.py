"""A client with generated stubs: every call of both services, as a user's program makes it."""

import json
import os
import unittest

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from service import Service, generate_stubs

generate_stubs()
from google.rpc import error_details_pb2  # noqa: E402
from pointsman.v1 import admin_pb2, admin_pb2_grpc, chat_pb2, report_pb2, router_pb2, router_pb2_grpc, types_pb2  # noqa: E402


def setUpModule():
    global service, router, admin
    service = Service().__enter__()
    unittest.addModuleCleanup(service.__exit__)
    router = router_pb2_grpc.RouterServiceStub(service.channel)
    admin = admin_pb2_grpc.AdminServiceStub(service.channel)


def chat(prompt):
    return chat_pb2.Chat(prompt=prompt)


def details(error):
    """Status code and google.rpc details by type name."""
    status = rpc_status.from_call(error)
    found = {}
    for packed in status.details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.ResourceInfo):
            if packed.Is(kind.DESCRIPTOR):
                found[kind.DESCRIPTOR.name] = kind()
                packed.Unpack(found[kind.DESCRIPTOR.name])
    return found


class Router(unittest.TestCase):
    def test_route_answers_with_decision_and_outcome(self):
        call = router.Route.with_call
        answer, rpc = call(router_pb2.RouteRequest(chat=chat("What is 2 + 2?"), request_id="py-1"), timeout=30)
        self.assertEqual(len(answer.decision.id), 26)
        self.assertEqual(answer.decision.request_id, "py-1")
        self.assertTrue(answer.completion.text)
        self.assertEqual(answer.outcome.status, types_pb2.OUTCOME_STATUS_COMPLETED)
        self.assertTrue(answer.outcome.HasField("cost_usd"))
        self.assertAlmostEqual(sum(score.propensity for score in answer.decision.ranking), 1.0, places=6)
        metadata = dict(rpc.initial_metadata())
        self.assertEqual(metadata["x-pointsman-decision-id"], answer.decision.id)

    def test_a_stream_begins_with_the_decision_and_has_one_end(self):
        events = list(router.RouteStream(router_pb2.RouteStreamRequest(chat=chat("Write a poem about rain.")), timeout=30))
        kinds = [event.WhichOneof("event") for event in events]
        self.assertEqual(kinds[0], "decision")
        self.assertEqual(kinds[-1], "completed")
        self.assertEqual(sum(kind in ("completed", "failed") for kind in kinds), 1)
        self.assertIn("usage", kinds)
        text = "".join(event.text_delta.text for event in events if event.HasField("text_delta"))
        self.assertTrue(text)

    def test_a_stream_can_be_cancelled(self):
        call = router.RouteStream(router_pb2.RouteStreamRequest(chat=chat("Tell a long story.")), timeout=30)
        self.assertTrue(next(call).HasField("decision"))
        call.cancel()
        with self.assertRaises(grpc.RpcError) as caught:
            list(call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.CANCELLED)

    def test_decide_then_report_what_was_seen(self):
        made = router.Decide(router_pb2.DecideRequest(chat=chat("Translate 'cat' into French.")), timeout=30).decision
        self.assertTrue(made.decide_only)
        seen = router_pb2.FeedbackRequest(
            decision_id=made.id,
            quality=0.8,
            latency_ms=120.0,
            cost_usd=0.0004,
            usage=chat_pb2.Usage(known=True, input_uncached_tokens=12, output_tokens=3),
        )
        self.assertTrue(router.Feedback(seen, timeout=30).applied)
        shown = admin.GetDecision(admin_pb2.GetDecisionRequest(decision_id=made.id), timeout=30)
        self.assertEqual(shown.feedback[0].quality, 0.8)
        self.assertTrue(shown.explanation)

    def test_feedback_is_idempotent_and_may_be_corrected(self):
        made = router.Route(router_pb2.RouteRequest(chat=chat("Name a prime number.")), timeout=30).decision
        give = lambda **what: router.Feedback(router_pb2.FeedbackRequest(decision_id=made.id, **what), timeout=30)
        self.assertTrue(give(good=True, request_id=made.id + "-a").applied)
        self.assertTrue(give(good=True, request_id=made.id + "-a").duplicate)
        self.assertTrue(give(quality=0.1, request_id=made.id + "-b").replaced)

    def test_compare_returns_all_answers(self):
        answer = router.Compare(router_pb2.CompareRequest(chat=chat("What is 3 * 3?"), count=3), timeout=30)
        self.assertEqual(len(answer.answers), 3)
        self.assertEqual(len({one.arm for one in answer.answers}), 3)

    def test_routing_wishes_are_kept(self):
        arm = router.Decide(router_pb2.DecideRequest(chat=chat("Hello")), timeout=30).decision.ranking[-1].arm
        routing = types_pb2.Routing(arm=arm, tenant="blue", tags={"team": "search"})
        made = router.Route(router_pb2.RouteRequest(chat=chat("Hello"), routing=routing), timeout=30).decision
        self.assertEqual((made.arm, made.tenant, made.tags["team"]), (arm, "blue", "search"))


class Conversations(unittest.TestCase):
    def conversation(self):
        part = chat_pb2.Part
        image = chat_pb2.Image(inline=chat_pb2.InlineImage(media_type="image/png", data=b"\x89PNG"))
        call = chat_pb2.ToolCall(id="call-1", name="weather", arguments_json='{"city": "Lima"}')
        schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        return chat_pb2.Chat(
            messages=[
                chat_pb2.Message(role=chat_pb2.ROLE_SYSTEM, text="You know the weather."),
                chat_pb2.Message(role=chat_pb2.ROLE_USER, parts=[part(text="Where is this?"), part(image=image)]),
                chat_pb2.Message(role=chat_pb2.ROLE_ASSISTANT, tool_calls=[call]),
                chat_pb2.Message(role=chat_pb2.ROLE_TOOL, tool_call_id="call-1", text="12 degrees"),
                chat_pb2.Message(role=chat_pb2.ROLE_USER, text="And in Rome?"),
            ],
            tools=[chat_pb2.Tool(name="weather", description="The weather now", parameters_json=json.dumps(schema))],
            tool_choice=chat_pb2.ToolChoice(mode=chat_pb2.ToolChoice.MODE_REQUIRED),
            sampling=chat_pb2.Sampling(temperature=0.2, max_tokens=2000, extra_json='{"logit_bias": {}}'),
        )

    def test_a_conversation_with_images_and_tools_ends_in_a_tool_call(self):
        answer = router.Route(router_pb2.RouteRequest(chat=self.conversation()), timeout=30)
        call = answer.completion.tool_calls[0]
        self.assertEqual(call.name, "weather")
        self.assertIn("city", json.loads(call.arguments_json))
        self.assertEqual(answer.completion.stop_reason, chat_pb2.STOP_REASON_TOOL_CALLS)

    def test_a_streamed_tool_call_comes_in_pieces(self):
        events = list(router.RouteStream(router_pb2.RouteStreamRequest(chat=self.conversation()), timeout=30))
        pieces = [event.tool_call_delta for event in events if event.HasField("tool_call_delta")]
        self.assertEqual(pieces[0].name, "weather")
        self.assertIn("city", json.loads("".join(piece.arguments_json for piece in pieces)))
        self.assertEqual(events[-1].completed.stop_reason, chat_pb2.STOP_REASON_TOOL_CALLS)

    def test_an_answer_can_be_asked_for_as_json(self):
        schema = '{"type": "object", "properties": {"river": {"type": "string"}}}'
        form = chat_pb2.ResponseFormat(json_schema=chat_pb2.JsonSchemaFormat(name="river", schema_json=schema))
        asked = chat_pb2.Chat(prompt="What is 12 * 13?", response_format=form)
        # Some of the simulated models are poor at some prompts and wrap their JSON in talk; not this one.
        routing = types_pb2.Routing(arm="simulated/atlas", disable_fallbacks=True)
        answer = router.Route(router_pb2.RouteRequest(chat=asked, routing=routing), timeout=30)
        self.assertIn("river", json.loads(answer.completion.text))


class Refusals(unittest.TestCase):
    def refused(self, call, request):
        with self.assertRaises(grpc.RpcError) as caught:
            call(request, timeout=30)
        return caught.exception

    def test_bad_fields_are_named(self):
        weights = types_pb2.Weights(quality=float("nan"))
        request = router_pb2.RouteRequest(chat=chat(""), routing=types_pb2.Routing(weights=weights))
        error = self.refused(router.Route, request)
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        fields = [wrong.field for wrong in details(error)["BadRequest"].field_violations]
        self.assertEqual(fields, ["chat.prompt", "routing.weights"])

    def test_a_ten_megabyte_prompt_is_refused(self):
        error = self.refused(router.Route, router_pb2.RouteRequest(chat=chat("x" * 10_000_000)))
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("bytes of text", error.details())

    def test_unknown_things_are_not_found(self):
        cases = [
            (router.Route, router_pb2.RouteRequest(chat=chat("hi"), routing=types_pb2.Routing(arm="no/such"))),
            (router.Route, router_pb2.RouteRequest(chat=chat("hi"), routing=types_pb2.Routing(model="no-such"))),
            (router.Feedback, router_pb2.FeedbackRequest(decision_id="0" * 26, good=True)),
            (admin.GetProvider, admin_pb2.GetProviderRequest(provider="nobody")),
            (admin.GetDecision, admin_pb2.GetDecisionRequest(decision_id="0" * 26)),
        ]
        for call, request in cases:
            error = self.refused(call, request)
            self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND, error)
            self.assertEqual(details(error)["ErrorInfo"].domain, "pointsman")

    def test_quality_has_a_range(self):
        for quality in (-0.1, 1.1, float("nan")):
            error = self.refused(router.Feedback, router_pb2.FeedbackRequest(decision_id="0" * 26, quality=quality))
            self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)


class Admin(unittest.TestCase):
    def test_providers_and_deployments(self):
        providers = admin.ListProviders(admin_pb2.ListProvidersRequest(), timeout=30).providers
        one = admin.GetProvider(admin_pb2.GetProviderRequest(provider=providers[0].name), timeout=30).provider
        self.assertEqual(one.name, providers[0].name)
        deployment = one.deployments[-1].id
        for action, state in [
            (admin_pb2.DEPLOYMENT_ACTION_DRAIN, report_pb2.DEPLOYMENT_STATE_DRAINING),
            (admin_pb2.DEPLOYMENT_ACTION_DISABLE, report_pb2.DEPLOYMENT_STATE_DISABLED),
            (admin_pb2.DEPLOYMENT_ACTION_ENABLE, report_pb2.DEPLOYMENT_STATE_ENABLED),
            (admin_pb2.DEPLOYMENT_ACTION_RESET, report_pb2.DEPLOYMENT_STATE_ENABLED),
        ]:
            request = admin_pb2.SetDeploymentStateRequest(deployment=deployment, action=action)
            self.assertEqual(admin.SetDeploymentState(request, timeout=30).deployment.state, state)

    def test_classes_profiles_decisions_and_statistics(self):
        arms = [arm for provider in admin.ListProviders(admin_pb2.ListProvidersRequest()).providers for arm in provider.arms]
        scores = [admin_pb2.ExampleScore(arm=arm, quality=0.5) for arm in arms]
        prompts = ["Write a Python function.", "Write a Rust function.", "What is the capital of Peru?", " "]
        done = admin.ImportExamples(
            (admin_pb2.ImportExamplesRequest(prompt=prompt, scores=scores) for prompt in prompts), timeout=30
        )
        self.assertEqual((done.examples, done.refused, done.refusals[0].index), (3, 1, 3))
        router.Route(router_pb2.RouteRequest(chat=chat("Write a Go function.")), timeout=30)
        classes = admin.ListClasses(admin_pb2.ListClassesRequest(), timeout=30).classes
        self.assertTrue(classes)
        request = admin_pb2.RenameClassRequest(class_id=classes[0].id, label="code")
        self.assertEqual(admin.RenameClass(request, timeout=30).prompt_class.label, "code")
        profiles = admin.ListProfiles(admin_pb2.ListProfilesRequest(class_id=classes[0].id), timeout=30).profiles
        self.assertEqual({profile.class_id for profile in profiles}, {classes[0].id})
        page = admin.ListDecisions(admin_pb2.ListDecisionsRequest(page_size=1), timeout=30)
        self.assertEqual(len(page.decisions), 1)
        statistics = admin.GetStatistics(admin_pb2.GetStatisticsRequest(), timeout=30).statistics
        self.assertGreater(statistics.total.requests, 0)

    def test_events_are_watched(self):
        events = admin.WatchEvents(admin_pb2.WatchEventsRequest(kinds=[report_pb2.EVENT_KIND_DECIDED]), timeout=30)
        events.initial_metadata()
        made = router.Decide(router_pb2.DecideRequest(chat=chat("Anything")), timeout=30).decision
        self.assertEqual(next(event.event.subject for event in events if event.event.subject == made.id), made.id)
        events.cancel()

    def test_the_memory_can_be_exported(self):
        pieces = admin.ExportMemory(admin_pb2.ExportMemoryRequest(), timeout=30)
        self.assertGreater(sum(len(piece.data) for piece in pieces), 0)

    def test_nothing_is_forgotten_by_accident(self):
        with self.assertRaises(grpc.RpcError) as caught:
            admin.ResetMemory(admin_pb2.ResetMemoryRequest(), timeout=30)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_the_configuration_is_shown(self):
        shown = admin.GetConfiguration(admin_pb2.GetConfigurationRequest(), timeout=30)
        self.assertIn("simulated", shown.yaml)
        self.assertTrue(shown.version)

    def test_health_is_told_for_each_service(self):
        health = health_pb2_grpc.HealthStub(service.channel)
        for name in ("", "pointsman.v1.RouterService", "pointsman.v1.AdminService"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=30)
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=""), timeout=30)
        self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
        watch.cancel()


@unittest.skipIf(os.environ.get("POINTSMAN_ADDRESS"), "would change the memory of a server that is not ours")
class Memory(unittest.TestCase):
    def test_a_memory_moves_to_another_server_and_can_be_forgotten(self):
        made = router.Route(router_pb2.RouteRequest(chat=chat("Name a river.")), timeout=30).decision
        router.Feedback(router_pb2.FeedbackRequest(decision_id=made.id, quality=0.7), timeout=30)
        pieces = [piece.data for piece in admin.ExportMemory(admin_pb2.ExportMemoryRequest(), timeout=30)]
        with Service() as other:
            there = admin_pb2_grpc.AdminServiceStub(other.channel)
            request = admin_pb2.ImportMemoryRequest
            with self.assertRaises(grpc.RpcError) as caught:
                there.ImportMemory(iter([request(data=pieces[0][:100])]), timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            mode = admin_pb2.IMPORT_MODE_REPLACE
            done = there.ImportMemory((request(mode=mode, data=data) for data in pieces), timeout=30)
            self.assertGreater(done.records, 0)
            find = admin_pb2.GetDecisionRequest(decision_id=made.id)
            self.assertEqual(there.GetDecision(find, timeout=30).feedback[0].quality, 0.7)
            forgotten = there.ResetMemory(admin_pb2.ResetMemoryRequest(confirm=True), timeout=30)
            self.assertGreater(forgotten.records, 0)
            with self.assertRaises(grpc.RpcError) as caught:
                there.GetDecision(find, timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
