//! What a check costs beside the signature verification in it: both in turns, in one run, as a ratio. `-- --markdown` prints the
//! table of `docs/performance.md`; `-- --pairs N` takes more or fewer than 400 pairs.

mod common;

use common::{pairs, providers, scenarios};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let asked = arguments.iter().position(|argument| argument == "--pairs").and_then(|at| arguments.get(at + 1));
    let pairs = asked.map_or(400, |pairs| pairs.parse().expect("a number of pairs"));
    let (start, separator, end) =
        if arguments.iter().any(|argument| argument == "--markdown") { ("| ", " | ", " |") } else { ("", "  ", "") };
    let row = |cells: [String; 6]| {
        let [name, provider, floor, raw, ours, ratio] = cells;
        let cells = [
            format!("{name:<38}"),
            format!("{provider:<10}"),
            format!("{floor:<30}"),
            format!("{raw:>8}"),
            format!("{ours:>8}"),
            format!("{ratio:>7}"),
        ];
        println!("{start}{}{end}", cells.join(separator));
    };
    if cfg!(not(feature = "aws-lc-rs")) {
        println!("without AWS-LC: `cargo bench` at the root has it, or `--features aws-lc-rs`");
    }
    row(["what", "provider", "raw", "raw us", "us", "ratio"].map(String::from));
    if !separator.trim().is_empty() {
        println!("|---|---|---|---:|---:|---:|");
    }
    for mut scenario in scenarios::all(&providers::all()) {
        let paired = pairs::paired(pairs, &mut scenario.raw, &mut scenario.ours);
        row([
            scenario.name,
            scenario.provider.into(),
            scenario.floor.text().into(),
            format!("{:.2}", paired.first / 1e3),
            format!("{:.2}", paired.second / 1e3),
            format!("{:.3}", paired.ratio),
        ]);
    }
}
