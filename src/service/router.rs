//! `RouterService`: the client's face.

use super::{convert, deadline, gate::Gate, settings::Settings, status, stream};
use crate::{
    clock::Clock,
    engine::api::{Deadline, EngineApi, RouteRequest},
    keys::Caller,
    proto::{self, router_service_server::RouterService},
};
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tonic::{Code, Request, Response, Status};

/// Metadata of an answer that names its decision.
const DECISION_HEADER: &str = "x-pointsman-decision-id";
/// Metadata of a request that stands in for an absent `request_id`.
const REQUEST_HEADER: &str = "x-request-id";

/// The face; clones share the engine.
pub struct RouterFace<E> {
    engine: Arc<E>,
    gate: Gate,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
}

/// What comes with a request beside its message.
struct Around {
    deadline: Deadline,
    caller: Option<Caller>,
    request_id: Option<String>,
}

impl<E: EngineApi> RouterFace<E> {
    /// The face of this engine.
    pub fn new(engine: Arc<E>, gate: Gate, clock: Arc<dyn Clock>, settings: Arc<Settings>) -> Self {
        Self {
            engine,
            gate,
            clock,
            settings,
        }
    }

    fn around<T>(&self, request: &Request<T>) -> Result<Around, Status> {
        let deadline = deadline::of(request.metadata(), self.settings.max_request_time);
        let request_id = request.metadata().get(REQUEST_HEADER);
        Ok(Around {
            deadline: deadline.map_err(|status| *status)?,
            caller: request.extensions().get::<Caller>().cloned(),
            request_id: request_id
                .and_then(|value| value.to_str().ok())
                .filter(|id| id.len() <= convert::routing::MAX_ID_BYTES)
                .map(str::to_owned),
        })
    }

    fn checked(
        &self,
        around: &Around,
        checked: Result<RouteRequest, Box<Status>>,
    ) -> Result<RouteRequest, Status> {
        let mut request = checked.map_err(|status| *status)?;
        belongs(around.caller.as_ref(), &mut request)?;
        if request.request_id.is_none() {
            request.request_id.clone_from(&around.request_id);
        }
        Ok(request)
    }

    fn max_text_bytes(&self) -> usize {
        self.settings.max_text_bytes
    }
}

/// A key's requests belong to its tenant, whatever they say.
fn belongs(caller: Option<&Caller>, request: &mut RouteRequest) -> Result<(), Status> {
    let Some(owner) = caller.and_then(|caller| caller.tenant.as_ref()) else {
        return Ok(());
    };
    match &request.routing.tenant {
        Some(tenant) if tenant != owner => Err(status::plain(
            Code::PermissionDenied,
            "CALLER_WRONG_TENANT",
            format!("this key belongs to tenant {owner:?}: leave routing.tenant out"),
        )),
        _ => {
            request.routing.tenant = Some(owner.clone());
            Ok(())
        }
    }
}

fn with_decision<T>(mut response: Response<T>, decision: &str) -> Response<T> {
    if let Ok(value) = decision.parse() {
        response.metadata_mut().insert(DECISION_HEADER, value);
    }
    response
}

#[tonic::async_trait]
impl<E: EngineApi> RouterService for RouterFace<E> {
    type RouteStreamStream = BoxStream<'static, Result<proto::RouteStreamResponse, Status>>;

    async fn route(
        &self,
        request: Request<proto::RouteRequest>,
    ) -> Result<Response<proto::RouteResponse>, Status> {
        let around = self.around(&request)?;
        let _pass = self.gate.enter().map_err(status::of)?;
        let wire = request.into_inner();
        let parts = (wire.chat, wire.routing, wire.request_id);
        let asked = self.checked(
            &around,
            convert::request::route(parts, self.max_text_bytes()),
        )?;
        let work = self.engine.route(asked, around.deadline);
        let routed = self.gate.run(around.deadline, work).await?;
        let id = routed.decision.id.to_string();
        let answer = proto::RouteResponse {
            decision: Some(convert::decision::to_decision(&routed.decision)),
            completion: Some(convert::outcome::to_completion(routed.completion)),
            outcome: Some(convert::outcome::to_outcome(routed.outcome)),
        };
        Ok(with_decision(Response::new(answer), &id))
    }

    async fn route_stream(
        &self,
        request: Request<proto::RouteStreamRequest>,
    ) -> Result<Response<Self::RouteStreamStream>, Status> {
        let around = self.around(&request)?;
        let pass = self.gate.enter().map_err(status::of)?;
        let wire = request.into_inner();
        let parts = (wire.chat, wire.routing, wire.request_id);
        let asked = self.checked(
            &around,
            convert::request::route(parts, self.max_text_bytes()),
        )?;
        let work = self.engine.route_stream(asked, around.deadline);
        let events = self.gate.run(around.deadline, work).await?;
        let told = stream::told(events, &self.gate, around.deadline, pass);
        Ok(Response::new(told))
    }

    async fn decide(
        &self,
        request: Request<proto::DecideRequest>,
    ) -> Result<Response<proto::DecideResponse>, Status> {
        let around = self.around(&request)?;
        let _pass = self.gate.enter().map_err(status::of)?;
        let wire = request.into_inner();
        let asked = self.checked(
            &around,
            convert::request::decide(wire, self.max_text_bytes()),
        )?;
        let work = self.engine.decide(asked);
        let decision = self.gate.run(around.deadline, work).await?;
        let id = decision.id.to_string();
        let answer = proto::DecideResponse {
            decision: Some(convert::decision::to_decision(&decision)),
        };
        Ok(with_decision(Response::new(answer), &id))
    }

    async fn compare(
        &self,
        request: Request<proto::CompareRequest>,
    ) -> Result<Response<proto::CompareResponse>, Status> {
        let around = self.around(&request)?;
        let _pass = self.gate.enter().map_err(status::of)?;
        let wire = request.into_inner();
        let (asked, arms) =
            convert::request::compare(wire, self.max_text_bytes()).map_err(|status| *status)?;
        let asked = self.checked(&around, Ok(asked))?;
        let work = self.engine.compare(asked, arms, around.deadline);
        let compared = self.gate.run(around.deadline, work).await?;
        let id = compared.decision.id.to_string();
        let answer = convert::outcome::to_compared(compared);
        Ok(with_decision(Response::new(answer), &id))
    }

    async fn feedback(
        &self,
        request: Request<proto::FeedbackRequest>,
    ) -> Result<Response<proto::FeedbackResponse>, Status> {
        let around = self.around(&request)?;
        let _pass = self.gate.enter().map_err(status::of)?;
        let wire = request.into_inner();
        let feedback =
            convert::request::feedback(wire, self.clock.now_ms()).map_err(|status| *status)?;
        let work = self.engine.feedback(feedback);
        let accepted = self.gate.run(around.deadline, work).await?;
        Ok(Response::new(proto::FeedbackResponse {
            applied: accepted.applied,
            duplicate: accepted.duplicate,
            replaced: accepted.replaced,
        }))
    }
}
