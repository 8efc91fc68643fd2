//! `osmeter check`: puts the claims to the test on this machine.

mod expect;
mod machine;
mod progress;

use super::present::{self, Otherwise};
use crate::cli::{Check, CheckFormat, Output};
use crate::experiment::{Circumstances, Settings, check as run_check, preflight};
use crate::model::{CheckReport, Lang, Preflight, Verdict};
use crate::render::{self, SortKey};
use crate::subject::Signals;
use crate::sys::clock;
use crate::{claims, host};
use anyhow::{Context, Result};
use progress::Bar;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Exit status where a claim could not be run to its end.
const FAILED: u8 = 1;
/// Exit status where a verdict is not the one expected.
const CHANGED: u8 = 3;

/// Checks the claims asked for, prints what was found, and says by the exit status whether all could be run.
pub fn check(args: &Check) -> Result<u8> {
    let lang = language(args);
    let asked = claims::select(claims::all(), &args.claims)?;
    let output = output(args);
    if args.list {
        present::text(&render::check::list(&asked, lang), &output, Otherwise::Stdout)?;
        return Ok(0);
    }
    present::check_destination(&output)?;
    let expected = args.expect.as_deref().map(expect::read).transpose()?;
    let settings = settings(args);
    let signals = Rc::new(RefCell::new(Signals::install().context("cannot catch signals")?));
    let interrupted = Rc::new(Cell::new(false));
    let mut machine = machine::Machine::new(args, signals.clone(), interrupted.clone());
    let mut bar = Bar::new(lang, settings.time, signals, interrupted);
    let circumstances = Circumstances {
        host: host::describe(),
        uid: nix::unistd::geteuid().as_raw(),
        started_at: clock::wall_time(),
        preflight: Preflight { circumstances: preflight(), ..Preflight::default() },
    };
    let report = run_check(asked, &mut machine, &settings, circumstances, &mut bar);
    bar.finish();
    print(&report, args, lang, &output)?;
    let changes = expected.map_or_else(Vec::new, |expected| expect::changes(&expected, &report));
    for change in &changes {
        eprintln!("osmeter: {change}");
    }
    Ok(status(&report, !changes.is_empty()))
}

/// Whether a text is a saved check, whole or not.
pub fn is_check(text: &str) -> bool {
    // The schema is the first field that osmeter writes.
    text.get(..200.min(text.len())).is_some_and(|head| head.contains("\"osmeter.check/"))
}

/// Renders a check that was saved before, computed anew from its samples.
pub fn again(text: &str, explain: bool, lang: Option<Lang>, output: &Output) -> Result<()> {
    let mut report = expect::parse(text)?;
    crate::experiment::settle(&mut report);
    let lang = lang.unwrap_or_else(locale);
    let text = match output.format {
        render::Format::Json => render::check::json(&report)?,
        render::Format::Markdown => render::check::markdown(&report, lang),
        _ => render::check::table(&report, explain, lang, &present::style(output, Otherwise::Stdout)),
    };
    present::text(&text, output, Otherwise::Stdout)
}

fn print(report: &CheckReport, args: &Check, lang: Lang, output: &Output) -> Result<()> {
    // Whoever asks for a claim by name wants to know why.
    let explain = args.explain || !args.claims.is_empty();
    let style = present::style(output, Otherwise::Stdout);
    let text = match format(args) {
        CheckFormat::Json => render::check::json(report)?,
        CheckFormat::Table => render::check::table(report, explain, lang, &style),
        CheckFormat::Markdown => render::check::markdown(report, lang),
    };
    present::text(&text, output, Otherwise::Stdout)
}

/// 0 where every claim could be judged or is known to be untestable, whichever way the verdicts fell.
fn status(report: &CheckReport, changed: bool) -> u8 {
    let failed = report.claims.iter().any(|claim| matches!(claim.verdict, Verdict::Failed { .. }));
    match (failed || report.interrupted, changed) {
        (true, _) => FAILED,
        (false, true) => CHANGED,
        (false, false) => 0,
    }
}

fn settings(args: &Check) -> Settings {
    let mut settings = if args.quick { Settings::quick(args.seed) } else { Settings::full(args.seed) };
    if let Some(rounds) = args.rounds {
        settings.saved.rounds = rounds;
        // Whoever asks for more rounds than usual gives the time for them.
        let usual = if args.quick { Settings::quick(0) } else { Settings::full(0) }.saved.rounds;
        let scale = u32::try_from(rounds.div_ceil(usual).max(1)).unwrap_or(u32::MAX);
        settings.time = settings.time.saturating_mul(scale);
    }
    settings
}

fn format(args: &Check) -> CheckFormat {
    if args.json { CheckFormat::Json } else { args.format }
}

fn output(args: &Check) -> Output {
    let format = if format(args) == CheckFormat::Json { render::Format::Json } else { render::Format::Table };
    Output {
        output: args.output.clone(),
        format,
        color: args.color,
        top: usize::MAX,
        sort: SortKey::default(),
        errors: false,
    }
}

fn language(args: &Check) -> Lang {
    args.lang.unwrap_or_else(locale)
}

/// The language of the environment: Korean where the locale says so, else English.
pub fn locale() -> Lang {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match var("LC_ALL").or_else(|| var("LC_MESSAGES")).or_else(|| var("LANG")) {
        Some(locale) if locale.starts_with("ko") => Lang::Ko,
        _ => Lang::En,
    }
}
