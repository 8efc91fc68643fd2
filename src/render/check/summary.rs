//! The first screen: how many of which verdict, then a claim a row.

use super::super::style::Style;
use super::super::text::width;
use super::super::units::duration;
use super::lines::{Ink, entry, pad, paint, paragraph};
use super::{figures, words};
use crate::model::{Answer, CheckReport, CheckedClaim, Lang, Role, Topic, Verdict};
use std::fmt::Write;

/// Columns of the id, of the verdict.
const ID: usize = 5;
const VERDICT: usize = 14;

/// The verdicts in the order in which they are counted.
const ORDER: [&str; 7] = ["supported", "refuted", "in_part", "inconclusive", "untestable", "not_run", "failed"];

/// How many of which verdict.
pub(super) fn counts(report: &CheckReport, lang: Lang) -> String {
    let of = |name: &str| report.claims.iter().find(|claim| claim.verdict.name() == name);
    let counted: Vec<String> = ORDER
        .iter()
        .filter_map(|name| Some((of(name)?, report.count(name))))
        .map(|(claim, n)| match lang {
            Lang::En => format!("{n} {}", words::verdict(&claim.verdict, lang)),
            Lang::Ko => format!("{} {n}", words::verdict(&claim.verdict, lang)),
        })
        .collect();
    let all = report.claims.len();
    match lang {
        Lang::En => format!("{all} claim{}: {}", if all == 1 { "" } else { "s" }, counted.join(" · ")),
        Lang::Ko => format!("명제 {all}개: {}", counted.join(" · ")),
    }
}

/// The summary.
pub(super) fn summary(report: &CheckReport, explain: bool, lang: Lang, style: &Style) -> String {
    let counts = counts(report, lang);
    let time = duration(report.elapsed_ns);
    let mut text = if width(&counts) + 2 + width(&time) <= style.width {
        format!("{}{time}\n", pad(&counts, style.width - width(&time)))
    } else {
        format!("{counts}  {time}\n")
    };
    let _ = writeln!(text, "{}", paint(&machine(report), Ink::Dim, style));
    if report.interrupted {
        let said = words::say(lang, "Interrupted: what was done is shown.", "중단됨: 끝난 것까지 보여 준다.");
        let _ = writeln!(text, "{}", paint(said, Ink::Red, style));
    }
    for topic in Topic::ALL {
        let claims: Vec<&CheckedClaim> = report.claims.iter().filter(|c| c.claim.section.topic == topic).collect();
        if claims.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", paint(words::topic(topic, lang), Ink::Bold, style));
        for claim in claims {
            row(&mut text, claim, explain, lang, style);
        }
    }
    text
}

fn machine(report: &CheckReport) -> String {
    let host = &report.host;
    let model = host.cpu_model.as_deref().unwrap_or(&host.architecture);
    let kind = if host.virtual_machine == Some(true) { ", virtual" } else { "" };
    format!("{model}, {} CPUs{kind} · Linux {} · {}", host.cpus_allowed, host.kernel, report.started_at)
}

fn row(text: &mut String, claim: &CheckedClaim, explain: bool, lang: Lang, style: &Style) {
    let title_columns = if style.width >= 90 { 44 } else { 36 };
    let title = pad(claim.claim.title.say(lang), title_columns);
    let word = words::verdict(&claim.verdict, lang);
    let space = " ".repeat(VERDICT.saturating_sub(width(word)));
    let word = paint(word, ink(&claim.verdict), style);
    let effect = match claim.verdict {
        Verdict::Untestable { .. } | Verdict::NotRun { .. } => String::new(),
        _ => figures::effect(claim, lang),
    };
    let head = format!("  {}{title} {word}{space} ", pad(&claim.claim.id, ID));
    let used = 2 + ID + title_columns + 1 + VERDICT + 1;
    let fits = used + width(&effect) <= style.width;
    let _ = writeln!(text, "{}", format!("{head}{}", if fits { effect.as_str() } else { "" }).trim_end());
    if !fits {
        text.push_str(&paragraph(&effect, 2 + ID, style));
    }
    for line in paragraph(&words::why(claim, lang), 2 + ID, style).lines() {
        let _ = writeln!(text, "{}", paint(line, Ink::Dim, style));
    }
    for answer in claim.answers.iter().filter(|answer| shown(answer, claim, explain)) {
        let verdict = words::verdict(&answer.verdict, lang);
        let found = figures::finding(answer, lang);
        let said = format!("{verdict}: {}  {found}", answer.proposition.text.say(lang));
        text.push_str(&entry("-", 2, said.trim_end(), 2 + ID, style));
    }
}

/// Beside the claim itself, a summary shows where its scope or its reason does not hold; and of an untestable one the
/// nearest proposition.
fn shown(answer: &Answer, claim: &CheckedClaim, explain: bool) -> bool {
    let untestable = matches!(claim.verdict, Verdict::Untestable { .. });
    match answer.proposition.role {
        _ if explain => false,
        Role::Primary => untestable,
        Role::Nuance => matches!(answer.verdict, Verdict::Refuted { .. }) && !untestable,
        Role::Part | Role::Control => false,
    }
}

pub(super) fn ink(verdict: &Verdict) -> Ink {
    match verdict {
        Verdict::Supported => Ink::Green,
        Verdict::Refuted { .. } | Verdict::Failed { .. } => Ink::Red,
        Verdict::InPart => Ink::Blue,
        Verdict::Inconclusive { .. } => Ink::Yellow,
        Verdict::Untestable { .. } | Verdict::NotRun { .. } => Ink::Dim,
    }
}

/// A warning beneath what it is about.
fn warn(text: &mut String, warning: &str, style: &Style) {
    for line in entry("", 26, warning, 2, style).lines() {
        let _ = writeln!(text, "{}", paint(line, Ink::Yellow, style));
    }
}

/// Warnings about the machine, and how to see more.
pub(super) fn foot(report: &CheckReport, explain: bool, lang: Lang, style: &Style) -> String {
    let mut text = format!("\n{}\n", paint(words::say(lang, "The machine", "기계의 상태"), Ink::Bold, style));
    for circumstance in &report.preflight.circumstances {
        text.push_str(&entry(&circumstance.what, 26, &circumstance.value, 2, style));
        if let Some(warning) = &circumstance.warning {
            warn(&mut text, warning, style);
        }
    }
    if let (Some(before), Some(after)) = (report.preflight.null_call_before_ns, report.preflight.null_call_after_ns) {
        let change = report.preflight.drift().unwrap_or(0.0) * 100.0;
        let what = words::say(lang, "null call", "빈 시스템 콜");
        let between = words::say(lang, "before, after", "앞, 뒤");
        text.push_str(&entry(
            what,
            26,
            &format!("{before:.1} ns, {after:.1} ns ({between}: {change:+.1} %)"),
            2,
            style,
        ));
        if change.abs() > 3.0 {
            let warning = words::say(
                lang,
                "the machine changed its pace meanwhile: check again for small effects",
                "그사이 기계의 속도가 달라졌다. 작은 효과는 다시 검사하라",
            );
            warn(&mut text, warning, style);
        }
    }
    if !explain {
        let example = report.claims.first().map_or("P5", |claim| claim.claim.id.as_str());
        let _ = match lang {
            Lang::En => {
                writeln!(text, "\nosmeter check {example} --explain shows the arms, counters, controls and thresholds.")
            }
            Lang::Ko => writeln!(text, "\nosmeter check {example} --explain 은 실험군, 계수, 대조, 문턱을 보여 준다."),
        };
    }
    text
}
