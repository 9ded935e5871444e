//! Bad requests and what is said about them, as tables of JSON-like cases.

use super::{query, request};
use crate::{
    domain::{FanOutMode, Part, Role, ToolChoice},
    proto,
};
use tonic::Status;

const MAX_TEXT: usize = 100;

fn prompt(text: &str) -> proto::Chat {
    proto::Chat {
        prompt: Some(text.to_owned()),
        ..proto::Chat::default()
    }
}

fn routed(chat: proto::Chat, routing: proto::Routing) -> String {
    let parts = (Some(chat), Some(routing), None);
    told(request::route(parts, MAX_TEXT))
}

fn told<T>(checked: Result<T, Box<Status>>) -> String {
    match checked {
        Ok(_) => "fine".to_owned(),
        Err(status) => {
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            status.message().to_owned()
        }
    }
}

fn chats() -> Vec<(&'static str, proto::Chat)> {
    let turn = |role: i32| proto::Message {
        role,
        text: Some("hello".into()),
        ..proto::Message::default()
    };
    let messages = |messages| proto::Chat {
        messages,
        ..proto::Chat::default()
    };
    let with_tool = |name: &str, schema: &str| proto::Tool {
        name: name.into(),
        parameters_json: schema.into(),
        ..proto::Tool::default()
    };
    let sampling = |sampling| proto::Chat {
        sampling: Some(sampling),
        ..prompt("hi")
    };
    vec![
        ("a prompt", prompt("hi")),
        ("nothing", proto::Chat::default()),
        ("an empty prompt", prompt("")),
        ("a blank prompt", prompt(" \n")),
        ("a long prompt", prompt(&"x".repeat(101))),
        (
            "both",
            proto::Chat {
                messages: vec![turn(2)],
                ..prompt("hi")
            },
        ),
        ("no role", messages(vec![turn(0)])),
        ("unknown role", messages(vec![turn(2), turn(9)])),
        ("only instructions", messages(vec![turn(1)])),
        (
            "a tool turn without its call",
            messages(vec![turn(2), turn(4)]),
        ),
        (
            "tools",
            proto::Chat {
                tools: vec![
                    with_tool("f", "{\"type\": \"object\"}"),
                    with_tool("f", "[1]"),
                    with_tool("", "{\"type\": }"),
                ],
                tool_choice: Some(proto::ToolChoice {
                    mode: proto::tool_choice::Mode::Named.into(),
                    name: "g".into(),
                }),
                ..prompt("hi")
            },
        ),
        (
            "sampling out of range",
            sampling(proto::Sampling {
                temperature: Some(f64::NAN),
                top_p: Some(0.0),
                top_k: Some(0),
                presence_penalty: Some(-2.1),
                extra_json: "{\"a\": 1,}".into(),
                ..proto::Sampling::default()
            }),
        ),
    ]
}

#[test]
fn what_is_wrong_with_a_chat_is_said_field_by_field() {
    let table: Vec<String> = chats()
        .into_iter()
        .map(|(name, chat)| format!("{name}: {}", routed(chat, proto::Routing::default())))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
a prompt: fine
nothing: chat has neither `prompt` nor `messages`: give one of them
an empty prompt: chat.prompt is empty: give the text of a prompt
a blank prompt: chat.prompt is empty: give the text of a prompt
a long prompt: chat has 101 bytes of text: at most 100 are accepted; shorten it
both: chat has both `prompt` and `messages`: give one of them
no role: chat.messages[0].role is missing: expected one of ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL
unknown role: chat.messages[1].role is 9: expected 1 to 4 (system, user, assistant, tool)
only instructions: chat.messages have no content: at least one user, assistant or tool message must say something
a tool turn without its call: chat.messages[1].tool_call_id is missing: a tool message names the call it answers
tools: chat.tools[1].name "f" is there twice; chat.tools[1].parameters_json is a list: expected a JSON object; chat.tools[2].name is missing; chat.tools[2].parameters_json is not valid JSON: expected value at line 1 column 10; chat.tool_choice.name "g" is none of the request's tools
sampling out of range: chat.sampling.temperature is NaN: expected a number from 0 to 2; chat.sampling.top_p is 0: expected a number over 0, to 1; chat.sampling.top_k is 0: expected at least 1; chat.sampling.presence_penalty is -2.1: expected a number from -2 to 2; chat.sampling.extra_json is not valid JSON: trailing comma at line 1 column 9
"#);
}

#[test]
fn what_is_wrong_with_routing_is_said_field_by_field() {
    let fan_out = |arms, mode: proto::FanOutMode, quorum| proto::Routing {
        fan_out: Some(proto::FanOut {
            arms,
            mode: mode.into(),
            quorum,
            judge: None,
        }),
        ..proto::Routing::default()
    };
    let weights = |quality, cost, latency| proto::Routing {
        weights: Some(proto::Weights {
            quality,
            cost,
            latency,
        }),
        ..proto::Routing::default()
    };
    let cases = [
        weights(1.0, 0.0, 0.0),
        weights(0.0, 0.0, 0.0),
        weights(f64::NAN, 0.0, 0.0),
        weights(1.0, -1.0, 0.0),
        fan_out(3, proto::FanOutMode::Quorum, Some(2)),
        fan_out(1, proto::FanOutMode::First, None),
        fan_out(9, proto::FanOutMode::Quorum, Some(10)),
        fan_out(3, proto::FanOutMode::Unspecified, Some(2)),
        fan_out(3, proto::FanOutMode::All, None),
        proto::Routing {
            max_cost_usd: Some(0.0),
            allow: vec![String::new(), "x".repeat(300)],
            ..proto::Routing::default()
        },
    ];
    let table: Vec<String> = cases
        .into_iter()
        .map(|routing| routed(prompt("hi"), routing))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
fine
routing.weights all weights are 0: give at least one of quality, cost and latency a positive weight
routing.weights weight "quality" is NaN: expected a finite number of at least 0
routing.weights weight "cost" is -1: expected a finite number of at least 0
fine
routing.fan_out.arms is 1: expected 2 to 8
routing.fan_out.arms is 9: expected 2 to 8; routing.fan_out.quorum is 10: expected 2 to the number of arms (9)
routing.fan_out.quorum goes with FAN_OUT_MODE_QUORUM only; routing.fan_out.mode is 0: expected 1 to 4 (first, best, quorum, majority)
routing.fan_out.mode FAN_OUT_MODE_ALL: call Compare for all answers
routing.allow[0] is empty; routing.allow[1] has 300 bytes: at most 256 are accepted; routing.max_cost_usd is 0: expected a finite number over 0, in US dollars
"#);
}

#[test]
fn what_is_wrong_with_feedback_is_said_field_by_field() {
    use proto::feedback_request::Judgement;
    let id = crate::domain::DecisionId(1 << 90).to_string();
    let given = |judgement| proto::FeedbackRequest {
        decision_id: id.clone(),
        judgement,
        ..proto::FeedbackRequest::default()
    };
    let cases = [
        given(Some(Judgement::Quality(0.5))),
        given(Some(Judgement::Good(false))),
        given(Some(Judgement::Quality(1.01))),
        given(Some(Judgement::Quality(f64::NAN))),
        given(None),
        proto::FeedbackRequest {
            failed: Some(false),
            ..given(None)
        },
        proto::FeedbackRequest {
            decision_id: "abc".into(),
            cost_usd: Some(-1.0),
            latency_ms: Some(f64::INFINITY),
            ..given(None)
        },
        proto::FeedbackRequest {
            decision_id: String::new(),
            ..given(Some(Judgement::Good(true)))
        },
    ];
    let table: Vec<String> = cases
        .into_iter()
        .map(|wire| told(request::feedback(wire, 5)))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
fine
fine
quality is 1.01: expected a number from 0 to 1
quality is NaN: expected a number from 0 to 1
judgement is missing: give at least one of quality, good, comment, usage, cost_usd, latency_ms, failed
fine
decision_id "abc" is not a decision id: expected 26 characters of 0-9 and A-Z without I, L, O, U, as Route or Decide returned it; cost_usd is -1: expected a finite number of at least 0; latency_ms is inf: expected a finite number of at least 0
decision_id is missing
"#);
}

#[test]
fn comparisons_name_two_to_eight_different_arms() {
    let named = |arms: &[&str], count| proto::CompareRequest {
        chat: Some(prompt("hi")),
        arms: arms.iter().map(ToString::to_string).collect(),
        count,
        ..proto::CompareRequest::default()
    };
    let cases = [
        named(&[], None),
        named(&["a", "b", "c"], None),
        named(&["a"], None),
        named(&["a", "b", "a"], None),
        named(&[], Some(9)),
        named(&["a", "b"], Some(2)),
    ];
    let table: Vec<String> = cases
        .into_iter()
        .map(|wire| told(request::compare(wire, MAX_TEXT)))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
fine
fine
arms has 1 entries: expected 2 to 8
arms[2] is there twice
count is 9: expected 2 to 8
count goes without `arms` only
"#);
    let (asked, _) = request::compare(named(&["a", "b", "c"], None), MAX_TEXT).unwrap();
    let wish = asked.routing.fan_out.unwrap();
    assert_eq!((wish.arms, wish.mode), (3, FanOutMode::All));
}

#[test]
fn what_operators_ask_is_checked_too() {
    let table = [
        told(query::name("provider", "")),
        told(query::action(0)),
        told(query::action(9)),
        told(query::label(proto::RenameClassRequest {
            class_id: "12".into(),
            label: "code".into(),
        })),
        told(query::label(proto::RenameClassRequest {
            class_id: "x".into(),
            label: "a\nb".into(),
        })),
        told(query::decisions(proto::ListDecisionsRequest {
            page_size: 1001,
            page_token: "?".into(),
            status: 7,
            ..proto::ListDecisionsRequest::default()
        })),
        told(query::statistics(proto::GetStatisticsRequest {
            from_ms: Some(2),
            to_ms: Some(1),
            baseline_arm: None,
        })),
        told(query::kinds(&[1, 0, 99])),
        told(query::import_mode(3)),
    ];
    insta::assert_snapshot!(table.join("\n"), @r#"
provider is missing
action is 0: expected 1 to 4 (reset, drain, disable, enable)
action is 9: expected 1 to 4 (reset, drain, disable, enable)
fine
class_id "x" is not a class id: expected for example "c12"; label expected at most 64 characters on one line
page_size is 1001: at most 1000; page_token "?" is not a decision id: expected 26 characters of 0-9 and A-Z without I, L, O, U, as Route or Decide returned it; status is 7: expected 1 to 4 (completed, failed, truncated, cancelled)
to_ms is not after `from_ms`
kinds[1] is 0: expected 1 to 10; kinds[2] is 99: expected 1 to 10
mode is 3: expected 0 (into an empty memory), 1 (merge) or 2 (replace)
"#);
}

#[test]
fn a_whole_chat_arrives_as_it_was_sent() {
    let wire = proto::Chat {
        messages: vec![
            proto::Message {
                role: proto::Role::System.into(),
                text: Some("be brief".into()),
                ..proto::Message::default()
            },
            proto::Message {
                role: proto::Role::User.into(),
                parts: vec![proto::Part {
                    part: Some(proto::part::Part::Image(proto::Image {
                        source: Some(proto::image::Source::Inline(proto::InlineImage {
                            media_type: "image/png".into(),
                            data: vec![1, 2, 3],
                        })),
                    })),
                }],
                ..proto::Message::default()
            },
        ],
        tools: vec![proto::Tool {
            name: "f".into(),
            ..proto::Tool::default()
        }],
        tool_choice: Some(proto::ToolChoice {
            mode: proto::tool_choice::Mode::Required.into(),
            name: String::new(),
        }),
        sampling: Some(proto::Sampling {
            extra_json: "{\"logit_bias\": {\"5\": -1}}".into(),
            ..proto::Sampling::default()
        }),
        ..proto::Chat::default()
    };
    let asked = request::route((Some(wire), None, Some("r1".into())), MAX_TEXT).unwrap();
    assert_eq!(asked.request_id.as_deref(), Some("r1"));
    assert_eq!(asked.chat.messages[0].role, Role::System);
    let image = crate::domain::ImageSource::Inline {
        media_type: "image/png".into(),
        data: "AQID".into(),
    };
    assert_eq!(
        asked.chat.messages[1].parts,
        vec![Part::Image(image.clone())]
    );
    assert_eq!(asked.chat.tool_choice, ToolChoice::Required);
    assert!(asked.chat.sampling.extra.contains_key("logit_bias"));
    let back = super::message::to_part(Part::Image(image));
    let Some(proto::part::Part::Image(back)) = back.part else {
        panic!("not an image")
    };
    let Some(proto::image::Source::Inline(inline)) = back.source else {
        panic!("not inline")
    };
    assert_eq!(&inline.data[..], &[1, 2, 3]);
}
