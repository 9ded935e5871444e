"""A client that knows nothing but the address: it learns the services by reflection."""

import unittest

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from service import Service


def setUpModule():
    global service, database, pool
    service = Service().__enter__()
    unittest.addModuleCleanup(service.__exit__)
    database = ProtoReflectionDescriptorDatabase(service.channel)
    pool = DescriptorPool(database)


def method(name):
    service_name, method_name = name.split("/")
    return pool.FindServiceByName(service_name).FindMethodByName(method_name)


def call(name, request, stream=False):
    """Calls by name with JSON, as grpcurl does."""
    found = method(name)
    asked, answered = (message_factory.GetMessageClass(kind) for kind in (found.input_type, found.output_type))
    make = service.channel.unary_stream if stream else service.channel.unary_unary
    rpc = make(f"/{name}", request_serializer=asked.SerializeToString, response_deserializer=answered.FromString)
    answer = rpc(json_format.ParseDict(request, asked()), timeout=30)
    to_json = lambda message: json_format.MessageToDict(message, preserving_proto_field_name=True)
    return [to_json(message) for message in answer] if stream else to_json(answer)


class Reflection(unittest.TestCase):
    def test_all_services_are_listed(self):
        names = set(database.get_services())
        wanted = {"pointsman.v1.RouterService", "pointsman.v1.AdminService", "grpc.health.v1.Health"}
        self.assertLessEqual(wanted, names)

    def test_methods_are_described(self):
        methods = [found.name for found in pool.FindServiceByName("pointsman.v1.RouterService").methods]
        self.assertEqual(methods, ["Route", "RouteStream", "Decide", "Compare", "Feedback"])

    def test_calls_work_by_name(self):
        chat = {"chat": {"prompt": "What is 5 + 5?"}}
        routed = call("pointsman.v1.RouterService/Route", chat)
        self.assertEqual(routed["outcome"]["status"], "OUTCOME_STATUS_COMPLETED")
        events = call("pointsman.v1.RouterService/RouteStream", chat, stream=True)
        self.assertIn("completed", events[-1])
        self.assertIn("decision", call("pointsman.v1.RouterService/Decide", chat))
        self.assertEqual(len(call("pointsman.v1.RouterService/Compare", chat)["answers"]), 2)
        judged = {"decision_id": routed["decision"]["id"], "quality": 1.0}
        self.assertTrue(call("pointsman.v1.RouterService/Feedback", judged)["applied"])
        self.assertTrue(call("pointsman.v1.AdminService/ListProviders", {})["providers"])
        self.assertIn("statistics", call("pointsman.v1.AdminService/GetStatistics", {}))


if __name__ == "__main__":
    unittest.main()
