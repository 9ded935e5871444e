//! Arguments of the verbs that look at what was learned and what happened.

use clap::{Args, Subcommand};

/// `profiles`
#[derive(Debug, Args)]
pub struct ProfilesArgs {
    /// Only this class, such as c12.
    #[arg(long)]
    pub class: Option<String>,
    /// Only this arm.
    #[arg(long)]
    pub arm: Option<String>,
}

/// `classes`
#[derive(Debug, Args)]
pub struct ClassesArgs {
    #[command(subcommand)]
    pub verb: Option<ClassesVerb>,
}

/// What to do with classes; nothing = list them.
#[derive(Debug, Subcommand)]
pub enum ClassesVerb {
    /// Give a class a label; an empty one takes it away.
    Rename {
        /// The class, such as c12.
        class: String,
        /// Its label.
        label: String,
    },
}

/// `stats`
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// From this moment, Unix milliseconds.
    #[arg(long, value_name = "MS")]
    pub from: Option<u64>,
    /// Before this moment, Unix milliseconds.
    #[arg(long, value_name = "MS")]
    pub to: Option<u64>,
    /// The arm that savings are measured against.
    #[arg(long)]
    pub baseline: Option<String>,
}

/// `decisions`
#[derive(Debug, Args)]
pub struct DecisionsArgs {
    #[command(subcommand)]
    pub verb: DecisionsVerb,
}

/// What to do with decisions.
#[derive(Debug, Subcommand)]
pub enum DecisionsVerb {
    /// The newest decisions.
    List(DecisionsListArgs),
    /// One decision, explained.
    Show {
        /// Its id.
        id: String,
    },
}

/// `decisions list`
#[derive(Debug, Args)]
pub struct DecisionsListArgs {
    /// At most this many.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub limit: u32,
    /// Go on after this one (`next_page_token`).
    #[arg(long)]
    pub after: Option<String>,
    /// Only those that chose this arm.
    #[arg(long)]
    pub arm: Option<String>,
    /// Only those of this class.
    #[arg(long)]
    pub class: Option<String>,
    /// Only those of this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only those by this policy.
    #[arg(long)]
    pub policy: Option<String>,
    /// Only those of this session.
    #[arg(long)]
    pub session: Option<String>,
    /// Only those of the request with this id of the caller's.
    #[arg(long)]
    pub request_id: Option<String>,
    /// From this moment, Unix milliseconds.
    #[arg(long)]
    pub from: Option<u64>,
    /// Before this moment, Unix milliseconds.
    #[arg(long)]
    pub to: Option<u64>,
    /// Only those that failed.
    #[arg(long)]
    pub failed: bool,
    /// Only those whose quality was judged.
    #[arg(long, conflicts_with = "unjudged")]
    pub judged: bool,
    /// Only those whose quality was not judged.
    #[arg(long)]
    pub unjudged: bool,
    /// Only those that chose another arm than the best by score.
    #[arg(long)]
    pub explored: bool,
}

/// `events`
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Only these kinds, such as health,learned.
    #[arg(long, value_delimiter = ',', value_parser = event_kind)]
    pub kinds: Vec<i32>,
    /// End after this many.
    #[arg(long, short = 'n')]
    pub limit: Option<u64>,
}

fn event_kind(text: &str) -> Result<i32, String> {
    let name = format!("EVENT_KIND_{}", text.to_ascii_uppercase().replace('-', "_"));
    crate::proto::EventKind::from_str_name(&name)
        .map(Into::into)
        .ok_or_else(|| {
            "expected decided, ended, attempt_failed, switched, health, operator, feedback, learned or memory".into()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_as_in_the_protocol() {
        assert_eq!(event_kind("attempt-failed").unwrap(), 3);
        assert!(event_kind("nothing").is_err());
    }
}
