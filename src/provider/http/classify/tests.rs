//! Vendors' own words, and the fault that each leads to.

use super::*;
use std::fmt::Write as _;

/// One line a response: status, headers, body. Each vendor's own shape.
const RESPONSES: &str = r#"
400 | | {"error":{"message":"bad temperature","type":"invalid_request_error","param":"temperature","code":null}}
400 | | {"error":{"message":"not my day","type":"server_error","code":"400"}}
400 | | {"error":{"message":"This model's maximum context length is 8192 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}
400 | | {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}
400 | | {"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}
400 | | {"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}
401 | | {"error":{"message":"Incorrect API key provided: sk-proj-verysecretkey123.","type":"invalid_request_error","code":"invalid_api_key"}}
402 | | {"error":{"message":"Insufficient Balance"}}
403 | | <html>forbidden</html>
404 | | {"error":{"message":"The model `x` does not exist","code":"model_not_found"}}
413 | | <html>too large</html>
422 | | {"detail":[{"loc":["body"],"msg":"field required"}]}
429 | retry-after: 2 | {"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}
429 | | {"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}
429 | x-should-retry: false | {"type":"error","error":{"type":"rate_limit_error","message":"no"}}
429 | | {"type":"error","error":{"type":"rate_limit_error","message":"cap","details":{"error_code":"enforced_spend_limit_reached"}}}
429 | | [{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x","retryDelay":"3.2s"}]}}]
500 | | {"object":"error","message":"boom","type":"internal","code":3000}
500 | | {"error":"model runner has stopped"}
502 | | <html><body>Bad gateway</body></html>
503 | retry-after: 1 | {"error":{"message":"x"}}
529 | | {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}
307 | location: http://elsewhere | 
"#;

#[test]
fn every_vendors_words_lead_to_the_right_fault() {
    let mut seen = String::new();
    for line in RESPONSES.lines().filter(|line| !line.is_empty()) {
        let mut fields = line.splitn(3, '|').map(str::trim);
        let status = fields.next().unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = fields.next().unwrap().split_once(": ") {
            let name: http::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let fault = classify(status, &headers, fields.next().unwrap().as_bytes());
        let wait = fault
            .retry_after_ms
            .map_or(String::new(), |ms| format!(" (wait {ms} ms)"));
        writeln!(seen, "{:17}{}{wait}", fault.kind.as_str(), fault.message).unwrap();
        assert_eq!(fault.status, Some(status));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn an_error_inside_a_200_is_an_error() {
    let table = [
        (
            r#"{"error":{"message":"x","code":502}}"#,
            Some(FaultKind::ServerError),
        ),
        (
            r#"{"error":{"message":"x","code":429}}"#,
            Some(FaultKind::RateLimited),
        ),
        (
            r#"{"error":{"type":"overloaded_error"}}"#,
            Some(FaultKind::Overloaded),
        ),
        (
            r#"{"error":{"type":"invalid_request_error"}}"#,
            Some(FaultKind::InvalidRequest),
        ),
        (r#"{"error":"out of memory"}"#, Some(FaultKind::ServerError)),
        (r#"{"type":"error"}"#, Some(FaultKind::ServerError)),
        (r#"{"error":null,"choices":[]}"#, None),
        (r#"{"choices":[]}"#, None),
        (r#"[]"#, None),
    ];
    for (body, expected) in table {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            fault_in_body(&body).map(|fault| fault.kind),
            expected,
            "{body}"
        );
    }
}
