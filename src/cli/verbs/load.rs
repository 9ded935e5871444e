//! `load`: puts a server under load.

use crate::{
    cli::{
        args::{LoadArgs, LoadCall},
        client::Client,
        output::Output,
        trouble::Trouble,
    },
    clock::{Clock as _, SystemClock},
    load::{self, Call, Plan, Prompts, Report, Router, Target, Teaching},
};

/// `load`
pub async fn load(client: &Client, args: LoadArgs, out: &mut Output) -> Result<(), Trouble> {
    let router = router(client, &args).await?;
    let plan = args.plan();
    let report = match args.call {
        LoadCall::Feedback => {
            let teaching = Teaching::prepare(router, args.decisions).await;
            let teaching = teaching
                .map_err(|name| Trouble::Failed(format!("no decision to judge: {name}")))?;
            run(teaching, "Feedback", &plan).await?
        }
        call => run(router, method(call).name(), &plan).await?,
    };
    if out.is_json() {
        let value = serde_json::to_value(&report);
        out.value(&value.map_err(|error| Trouble::Failed(error.to_string()))?)?;
    } else {
        out.text(&report.text())?;
    }
    match (report.calls, report.failed()) {
        (0, 1..) => Err(Trouble::Failed("every call failed".to_owned())),
        _ => Ok(()),
    }
}

async fn run(target: impl Target, name: &str, plan: &Plan) -> Result<Report, Trouble> {
    load::drive(target, name, plan).await.map_err(Trouble::from)
}

async fn router(client: &Client, args: &LoadArgs) -> Result<Router, Trouble> {
    let mut channels = Vec::new();
    let mut authorization = None;
    for _ in 0..args.connections {
        let (channel, key) = client.channel().await?;
        channels.push(channel);
        authorization = key;
    }
    // New prompts are to be new to a server that was under load before, too.
    let from = SystemClock::new().now_ms() << 20;
    let prompts = Prompts {
        from: if args.prompts > 0 { 0 } else { from },
        different: (args.prompts > 0).then_some(args.prompts),
        words: args.words as usize,
    };
    Ok(Router::new(
        channels,
        authorization,
        method(args.call),
        prompts,
    ))
}

fn method(call: LoadCall) -> Call {
    match call {
        LoadCall::Decide | LoadCall::Feedback => Call::Decide,
        LoadCall::Route => Call::Route,
        LoadCall::RouteStream => Call::RouteStream,
    }
}
