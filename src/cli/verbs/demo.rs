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
    let mut stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let mut screen = Screen::new(&mut stdout, terminal);
    let found = story::run(&options, &mut screen)
        .await
        .map_err(|error| Trouble::Failed(error.to_string()))?;
    if found {
        Ok(())
    } else {
        Err(Trouble::Failed(
            "the service did not choose the best trade-off for every kind; try more --prompts"
                .into(),
        ))
    }
}
