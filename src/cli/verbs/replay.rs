//! `replay`: graded datasets through the router, with the same embedders that the service uses.

use crate::{
    cli::trouble::Trouble,
    embed::{EmbedService, Kind, Settings},
    replay::{self, Embedding, cli::Args},
};
use std::time::Duration;
use tokio::runtime::Handle;

/// One embedding may take this long; nobody else waits for it.
const WAIT: Duration = Duration::from_secs(60);

/// `replay`
pub async fn replay(args: Args) -> Result<(), Trouble> {
    let handle = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let embedder = Live::open(&args.embedder, handle)?;
        let report = replay::cli::execute(&args, &embedder);
        report.map_err(|error| Trouble::Failed(error.to_string()))
    });
    let report = work
        .await
        .map_err(|error| Trouble::Failed(error.to_string()))??;
    println!("{report}");
    Ok(())
}

struct Live {
    service: EmbedService,
    handle: Handle,
}

impl Live {
    fn open(name: &str, handle: Handle) -> Result<Self, Trouble> {
        let kind = match name {
            "minilm" => Kind::MiniLm,
            "static" => Kind::Static,
            "auto" => Kind::Auto,
            _ => {
                let words = format!("--embedder {name:?}: expected minilm, static or auto");
                return Err(Trouble::Usage(words));
            }
        };
        let settings = Settings {
            kind,
            ..Settings::default()
        };
        let service =
            EmbedService::open(&settings).map_err(|error| Trouble::Failed(error.to_string()))?;
        Ok(Self { service, handle })
    }
}

impl Embedding for Live {
    fn fingerprint(&self) -> String {
        self.service.fingerprint().to_owned()
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, String> {
        let vector = self.handle.block_on(self.service.embed(text, WAIT));
        vector
            .map(|embedded| embedded.vector.to_vec())
            .map_err(|error| error.to_string())
    }
}
