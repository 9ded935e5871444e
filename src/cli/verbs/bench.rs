//! `bench`: the service against bare floors.

use crate::{
    bench::{self, Results},
    cli::{args::BenchArgs, trouble::Trouble},
};
use std::{fs, path::Path};

/// `bench`
pub async fn bench(args: BenchArgs) -> Result<(), Trouble> {
    let failed = |error: bench::BenchError| Trouble::Failed(error.to_string());
    if let Some(floor) = args.floor {
        return floor.serve().await.map_err(failed);
    }
    if let Some(turns) = args.walk {
        return bench::walk(turns, args.whole).await.map_err(failed);
    }
    let results = match &args.from {
        Some(file) => read(file)?,
        None => {
            let mut told = |line: &str| eprintln!("{line}");
            bench::run(&args.options(), &mut told)
                .await
                .map_err(failed)?
        }
    };
    let json = serde_json::to_string_pretty(&results);
    let json = json.map_err(|error| Trouble::Failed(error.to_string()))?;
    match &args.out {
        Some(file) => fs::write(file, json + "\n")?,
        None if args.render.is_none() => println!("{json}"),
        None => {}
    }
    if let Some(file) = &args.render {
        render(file, &results)?;
    }
    for bar in results.bars.iter().filter(|bar| !bar.held) {
        let side = if bar.at_most { "at most" } else { "at least" };
        eprintln!(
            "missed: {}: {:.3} {}, not {side} {:.3}",
            bar.what, bar.found, bar.unit, bar.bar
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<Results, Trouble> {
    let text = fs::read_to_string(file)?;
    serde_json::from_str(&text)
        .map_err(|error| Trouble::Usage(format!("{}: {error}", file.display())))
}

fn render(file: &Path, results: &Results) -> Result<(), Trouble> {
    let document = fs::read_to_string(file)?;
    let rendered = bench::into_markdown(&document, results)
        .ok_or_else(|| Trouble::Usage(format!("{}: has no marks for results", file.display())))?;
    Ok(fs::write(file, rendered)?)
}
