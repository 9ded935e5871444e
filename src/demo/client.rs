//! The demonstration's way to the service: gRPC, as any user's program would call it.

use super::DemoError;
use crate::domain::ArmId;
use crate::proto::{
    self, admin_service_client::AdminServiceClient, router_service_client::RouterServiceClient,
};
use tonic::{Status, transport::Channel};

/// What one routed request yields.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// For the feedback.
    pub decision: String,
    /// The arm that served.
    pub arm: ArmId,
    /// The class of the prompt.
    pub class: Option<String>,
    /// Cost of all attempts in US dollars.
    pub cost_usd: f64,
    /// Not the best arm by estimate.
    pub explored: bool,
    /// Upstream calls.
    pub attempts: usize,
}

/// Both services of one server.
#[derive(Clone, Debug)]
pub struct Client {
    router: RouterServiceClient<Channel>,
    admin: AdminServiceClient<Channel>,
}

impl Client {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// Where nobody listens there.
    pub async fn connect(address: &str) -> Result<Self, DemoError> {
        let endpoint = Channel::from_shared(format!("http://{address}"))
            .map_err(|error| DemoError::Server(format!("{address} is no address: {error}")))?;
        let channel = endpoint.connect().await.map_err(|error| {
            DemoError::Server(format!(
                "no connection to the service at {address}: {error}"
            ))
        })?;
        Ok(Self {
            router: RouterServiceClient::new(channel.clone()),
            admin: AdminServiceClient::new(channel),
        })
    }

    /// Routes a prompt and waits for the answer.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn route(&mut self, prompt: &str) -> Result<Reply, Status> {
        let request = proto::RouteRequest {
            chat: Some(chat(prompt)),
            ..proto::RouteRequest::default()
        };
        let answer = self.router.route(request).await?.into_inner();
        let decision = answer.decision.unwrap_or_default();
        let outcome = answer.outcome.unwrap_or_default();
        let arm = outcome.served_by.unwrap_or(decision.arm);
        Ok(Reply {
            decision: decision.id,
            arm: ArmId::from(arm),
            class: decision.class_id,
            cost_usd: outcome.cost_usd.unwrap_or(0.0),
            explored: decision.explored,
            attempts: outcome.attempts.len(),
        })
    }

    /// The arm that the service holds for the best for this prompt, without trying others.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn best_arm(&mut self, prompt: &str) -> Result<ArmId, Status> {
        let request = proto::DecideRequest {
            chat: Some(chat(prompt)),
            routing: Some(proto::Routing {
                explore: Some(false),
                ..proto::Routing::default()
            }),
            request_id: None,
        };
        let answer = self.router.decide(request).await?.into_inner();
        Ok(ArmId::from(answer.decision.unwrap_or_default().arm))
    }

    /// Judges an answer; returns when the judgement is durable.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn feedback(&mut self, decision: &str, quality: f64) -> Result<(), Status> {
        let request = proto::FeedbackRequest {
            decision_id: decision.to_owned(),
            judgement: Some(proto::feedback_request::Judgement::Quality(quality)),
            ..proto::FeedbackRequest::default()
        };
        self.router.feedback(request).await.map(|_| ())
    }

    /// What the service says it has learned and spent, with savings against an arm.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn statistics(&mut self, baseline: &ArmId) -> Result<proto::Statistics, Status> {
        let request = proto::GetStatisticsRequest {
            baseline_arm: Some(baseline.to_string()),
            ..proto::GetStatisticsRequest::default()
        };
        let answer = self.admin.get_statistics(request).await?.into_inner();
        Ok(answer.statistics.unwrap_or_default())
    }

    /// Learned classes, largest first.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn classes(&mut self) -> Result<Vec<proto::PromptClass>, Status> {
        let request = proto::ListClassesRequest {};
        Ok(self.admin.list_classes(request).await?.into_inner().classes)
    }

    /// The latest judged quality that the service keeps with a decision.
    ///
    /// # Errors
    /// The status that the service answered with.
    pub async fn remembered_quality(&mut self, decision: &str) -> Result<Option<f64>, Status> {
        let request = proto::GetDecisionRequest {
            decision_id: decision.to_owned(),
        };
        let answer = self.admin.get_decision(request).await?.into_inner();
        Ok(answer.feedback.last().and_then(|one| one.quality))
    }
}

fn chat(prompt: &str) -> proto::Chat {
    proto::Chat {
        prompt: Some(prompt.to_owned()),
        ..proto::Chat::default()
    }
}
