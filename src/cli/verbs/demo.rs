//! `demo`: the demonstration on the terminal.

use crate::{
    cli::{args::DemoArgs, trouble::Trouble},
    demo::{self as story, Screen},
};
use std::io::{self, IsTerminal as _};

/// `demo`
pub async fn demo(args: DemoArgs) -> Result<(), Trouble> {
    let options = story::Options {
        seed: args.seed,
        prompts: args.prompts as usize,
        embedder: args.embedder,
        all_kinds: args.all_kinds,
        keep: args.keep,
        ..story::Options::default()
    };
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let terminal = !args.json && stdout.is_terminal();
    let out: &mut dyn io::Write = if args.json { &mut stderr } else { &mut stdout };
    let mut screen = Screen::new(out, terminal);
    let found = story::run(&options, &mut screen)
        .await
        .map_err(|error| Trouble::Failed(error.to_string()))?;
    if args.json {
        let (seed, prompts) = (args.seed, args.prompts);
        let value = serde_json::json!({ "seed": seed, "prompts": prompts, "all_best": found });
        println!("{value}");
    }
    if found {
        Ok(())
    } else {
        Err(Trouble::Failed(
            "the service did not choose the best trade-off for every kind; try more --prompts"
                .into(),
        ))
    }
}
