//! `providers`, `deployments`, `config`, `events`: run the service.

use crate::{
    cli::{
        args::{
            ConfigArgs, ConfigVerb, DeploymentArg, DeploymentsArgs, DeploymentsVerb, EventsArgs,
            ProvidersArgs,
        },
        client::Client,
        output::Output,
        table::{Table, ms, or_dash, time, usd},
        trouble::Trouble,
    },
    proto::{self, BreakerState, DeploymentAction, DeploymentState},
};

/// `providers`
pub async fn providers(
    client: &Client,
    args: ProvidersArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    let mut admin = client.admin().await?;
    let Some(provider) = args.name else {
        let request = client.request(proto::ListProvidersRequest {});
        let answer = admin.list_providers(request).await?;
        return out.message("ListProvidersResponse", answer.get_ref(), |answer| {
            deployment_table(
                answer
                    .providers
                    .iter()
                    .flat_map(|provider| &provider.deployments),
            )
        });
    };
    let request = client.request(proto::GetProviderRequest { provider });
    let answer = admin.get_provider(request).await?;
    out.message("GetProviderResponse", answer.get_ref(), |answer| {
        let deployments = answer
            .provider
            .iter()
            .flat_map(|provider| &provider.deployments);
        let faults: String = deployments.clone().filter_map(last_fault).collect();
        deployment_table(deployments) + &faults
    })
}

fn deployment_table<'a>(deployments: impl Iterator<Item = &'a proto::Deployment>) -> String {
    let heads = [
        "deployment",
        "state",
        "breaker",
        ">in flight",
        ">calls",
        ">failed",
        ">throttled",
        ">p50",
        ">p95",
        ">cost",
    ];
    let mut table = Table::new(&heads);
    for deployment in deployments {
        let calls = deployment.statistics.clone().unwrap_or_default();
        table.row([
            deployment.id.clone(),
            state_text(deployment.state()).to_owned(),
            breaker_text(deployment),
            deployment.in_flight.to_string(),
            calls.calls.to_string(),
            calls.failed.to_string(),
            calls.throttled.to_string(),
            or_dash(calls.latency_p50_ms, ms),
            or_dash(calls.latency_p95_ms, ms),
            usd(calls.cost_usd),
        ]);
    }
    table.text_or("no deployment")
}

fn state_text(state: DeploymentState) -> &'static str {
    match state {
        DeploymentState::Unspecified => "?",
        DeploymentState::Enabled => "enabled",
        DeploymentState::Draining => "draining",
        DeploymentState::Disabled => "disabled",
    }
}

fn breaker_text(deployment: &proto::Deployment) -> String {
    let Some(breaker) = &deployment.breaker else {
        return "-".to_owned();
    };
    let reason = breaker.reason.as_deref().unwrap_or("");
    match breaker.state() {
        BreakerState::Unspecified => "?".to_owned(),
        BreakerState::Closed => "closed".to_owned(),
        BreakerState::Open => format!("open {reason}"),
        BreakerState::HalfOpen => format!("half-open {reason}"),
    }
}

fn last_fault(deployment: &proto::Deployment) -> Option<String> {
    let calls = deployment.statistics.as_ref()?;
    let fault = calls.last_fault.as_ref()?;
    let at = or_dash(calls.last_fault_at_ms, time);
    Some(format!(
        "{}: last failure {at}: {} ({})\n",
        deployment.id, fault.message, fault.kind
    ))
}

/// `deployments`
pub async fn deployments(
    client: &Client,
    args: DeploymentsArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    let (DeploymentArg { deployment }, action) = match args.verb {
        DeploymentsVerb::Drain(which) => (which, DeploymentAction::Drain),
        DeploymentsVerb::Disable(which) => (which, DeploymentAction::Disable),
        DeploymentsVerb::Enable(which) => (which, DeploymentAction::Enable),
        DeploymentsVerb::Reset(which) => (which, DeploymentAction::Reset),
    };
    let request = proto::SetDeploymentStateRequest {
        deployment,
        action: action.into(),
    };
    let mut admin = client.admin().await?;
    let answer = admin.set_deployment_state(client.request(request)).await?;
    out.message("SetDeploymentStateResponse", answer.get_ref(), |answer| {
        deployment_table(answer.deployment.iter())
    })
}

/// `config`
pub async fn config(client: &Client, args: ConfigArgs, out: &mut Output) -> Result<(), Trouble> {
    let ConfigVerb::Show = args.verb;
    let mut admin = client.admin().await?;
    let request = client.request(proto::GetConfigurationRequest {});
    let answer = admin.get_configuration(request).await?;
    out.message("GetConfigurationResponse", answer.get_ref(), |answer| {
        let sources: String = answer
            .sources
            .iter()
            .map(|source| format!("# {source}\n"))
            .collect();
        format!("# pointsman {}\n{sources}{}", answer.version, answer.yaml)
    })
}

/// `events`
pub async fn events(client: &Client, args: EventsArgs, out: &mut Output) -> Result<(), Trouble> {
    let mut admin = client.admin().await?;
    let request = proto::WatchEventsRequest { kinds: args.kinds };
    let mut events = admin
        .watch_events(client.request(request))
        .await?
        .into_inner();
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(message) = events.message().await? else {
            break;
        };
        left -= 1;
        if out.is_json() {
            out.line("WatchEventsResponse", &message)?;
        } else if let Some(event) = &message.event {
            out.text(&event_line(event))?;
        }
    }
    Ok(())
}

fn event_line(event: &proto::Event) -> String {
    let kind = event.kind().as_str_name().trim_start_matches("EVENT_KIND_");
    let kind = kind.to_ascii_lowercase();
    format!(
        "{}  {kind:<14} {}  {}",
        time(event.at_ms),
        event.subject,
        event.message
    )
}
