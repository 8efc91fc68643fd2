//! The evidence of one claim: what was asked, what was found, the arms side by side, the noise, and what would change the
//! verdict.

use super::super::style::Style;
use super::super::text::{width, wrap};
use super::super::units::{count, duration, three_digits};
use super::lines::{Ink, entry, pad, paint, paragraph};
use super::{figures, summary, words};
use crate::model::{
    Answer, ArmEvidence, CheckSettings, CheckedClaim, Counted, Dropped, Evidence, Finding, Lang, Mechanism, Rounds,
    Sample, Scale, Source, Verdict,
};
use std::fmt::Write;

/// The counters that stand beside the arms.
const COUNTERS: [Counted; 7] = [
    Counted::VoluntarySwitches,
    Counted::InvoluntarySwitches,
    Counted::Syscalls,
    Counted::MinorFaults,
    Counted::UserNs,
    Counted::KernelNs,
    Counted::BlockedNs,
];

/// The evidence of a claim.
pub(super) fn evidence(checked: &CheckedClaim, settings: &CheckSettings, lang: Lang, style: &Style) -> String {
    let claim = &checked.claim;
    let verdict = words::verdict(&checked.verdict, lang);
    let head = format!("{}  {}", claim.id, claim.title.say(lang));
    let head = pad(&head, style.width.saturating_sub(width(verdict)));
    let mut text =
        format!("{}{}\n", paint(&head, Ink::Bold, style), paint(verdict, summary::ink(&checked.verdict), style));
    text.push_str(&paragraph(claim.statement.say(lang), 4, style));
    let label = words::say(lang, "refuted by", "반박 조건");
    text.push_str(&entry(label, 12, claim.refuted_by.say(lang), 4, style));
    let said = words::reason(&checked.verdict, lang);
    if !said.is_empty() {
        text.push_str(&entry(words::say(lang, "why", "이유"), 12, &said, 4, style));
    }
    for answer in &checked.answers {
        text.push_str(&proposition(answer, lang, style));
    }
    arms(&mut text, &checked.evidence, lang, style);
    text.push_str(&rounds(checked, settings, lang, style));
    if let Some(nuance) = &claim.nuance {
        text.push_str(&entry(words::say(lang, "bear in mind", "덧붙임"), 14, nuance.say(lang), 4, style));
    }
    text
}

fn proposition(answer: &Answer, lang: Lang, style: &Style) -> String {
    let word = words::verdict(&answer.verdict, lang);
    let columns = style.width.saturating_sub(13 + 1 + 14);
    let mut lines = wrap(answer.proposition.text.say(lang), columns).into_iter();
    let mut text = format!(
        "    {}{} {}\n",
        pad(words::role(answer.proposition.role, lang), 9),
        pad(&lines.next().unwrap_or_default(), columns),
        paint(word, summary::ink(&answer.verdict), style)
    );
    for line in lines {
        let _ = writeln!(text, "{}{line}", " ".repeat(13));
    }
    let found = figures::finding(answer, lang);
    let mut parts: Vec<String> = Vec::new();
    if !found.is_empty() {
        parts.push(found);
    }
    parts.extend(figures::difference(answer));
    parts.push(figures::threshold(&answer.proposition.test, lang));
    if let Finding::Effect(estimate) = &answer.finding {
        parts.extend(estimate.adjusted_p.map(|p| format!("p {}", p_value(p))));
        if let Some((low, high, share)) = estimate.modes {
            let scale = answer.proposition.test.scale();
            let (low, high) = (figures::value(low, scale), figures::value(high, scale));
            let share = figures::value(share, Scale::Share);
            parts.push(match lang {
                Lang::En => format!("two modes: {low} and {high} ({share})"),
                Lang::Ko => format!("봉우리가 둘: {low}, {high} ({share})"),
            });
        }
        if let Some(drift) = estimate.drift {
            let drift = drift * 100.0;
            parts.push(match lang {
                Lang::En => format!("drifts by {drift:+.0} % over the rounds"),
                Lang::Ko => format!("라운드가 가면서 {drift:+.0} % 이동"),
            });
        }
    }
    if let Finding::Exact(tally) = &answer.finding
        && let Some(bound) = tally.at_most_otherwise
    {
        let bound = figures::value(bound, Scale::Share);
        parts.push(match lang {
            Lang::En => format!("otherwise in at most {bound} (rule of three)"),
            Lang::Ko => format!("그렇지 않을 비율은 많아야 {bound} (3의 법칙)"),
        });
    }
    text.push_str(&paragraph(&parts.join(" · "), 13, style));
    let reason = words::reason(&answer.verdict, lang);
    if !reason.is_empty() && !matches!(answer.verdict, Verdict::Refuted { .. }) {
        text.push_str(&paragraph(&reason, 13, style));
    }
    text
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// The arms side by side: bare time, and what the kernel counted in profiled runs, by operation.
fn arms(text: &mut String, evidence: &Evidence, lang: Lang, style: &Style) {
    let ran: Vec<&ArmEvidence> = evidence.arms.iter().filter(|arm| arm.duplicate_of.is_none()).collect();
    if ran.is_empty() {
        return;
    }
    let names = ran.iter().map(|arm| width(&arm.name)).max().unwrap_or(0).clamp(20, 28) + 2;
    let profiled = ran.iter().any(|arm| !arm.profiled.is_empty());
    let mut heading = format!(
        "    {}{}",
        pad(words::say(lang, "arm, by operation", "실험군, 작업당"), names),
        pad(words::say(lang, "elapsed", "시간"), 10)
    );
    let shown: Vec<&Counted> = COUNTERS.iter().take((style.width.saturating_sub(names + 14)) / 12).collect();
    if profiled {
        for counted in &shown {
            heading.push_str(&pad(words::counter(counted, lang).unwrap_or_default(), 12));
        }
    }
    let _ = writeln!(text, "{}", paint(heading.trim_end(), Ink::Dim, style));
    for arm in ran {
        let elapsed = median_elapsed(arm, evidence).map_or_else(|| "–".to_string(), per_operation_ns);
        let mut line = format!("    {}{}", pad(&arm.name, names), pad(&elapsed, 10));
        if let Some(run) = arm.profiled.first() {
            for counted in &shown {
                line.push_str(&pad(&counter(run, counted), 12));
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
        text.push_str(&beside(arm, names, lang, style));
    }
}

/// What else is known of an arm: the calls and waits that took most of its time, why it did not run, how to run it.
fn beside(arm: &ArmEvidence, names: usize, lang: Lang, style: &Style) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(arm.unavailable.as_ref().map(|needs| words::reason(&Verdict::NotRun { needs: needs.clone() }, lang)));
    lines.extend(arm.failure.clone());
    if let Some(run) = arm.profiled.first() {
        lines.extend(calls(run, lang));
    }
    if !arm.notes.is_empty() {
        lines.push(arm.notes.iter().map(|(what, word)| format!("{what}: {word}")).collect::<Vec<_>>().join(" · "));
    }
    if let Source::Workload { name, parameters } = &arm.source {
        let words: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.push(format!("osmeter workload {name} {}", words.join(" ")).trim_end().to_string());
    }
    let indent = 4 + names;
    lines.iter().map(|line| paragraph(line, indent, style)).map(|l| paint(&l, Ink::Dim, style)).collect()
}

fn calls(run: &Mechanism, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    if !run.calls.is_empty() {
        let calls: Vec<String> = run.calls.iter().take(4).map(|(name, n)| format!("{name} {}", count(*n))).collect();
        let head = words::say(lang, "calls in all", "호출 전체");
        lines.push(format!("{head}: {}", calls.join(", ")));
    }
    if !run.blocked.is_empty() {
        let waits: Vec<String> =
            run.blocked.iter().take(3).map(|(reason, ns)| format!("{reason} {}", duration(*ns))).collect();
        lines.push(format!("{}: {}", words::say(lang, "blocked in", "막힌 곳"), waits.join(", ")));
    }
    lines
}

#[allow(clippy::cast_precision_loss)] // counts and times below 2^53
fn counter(run: &Mechanism, counted: &Counted) -> String {
    let Some((_, n)) = run.counters.iter().find(|(what, _)| what == counted) else { return "–".into() };
    let per_operation = *n as f64 / run.operations.max(1) as f64;
    match counted {
        Counted::UserNs | Counted::KernelNs | Counted::BlockedNs => per_operation_ns(per_operation),
        _ if *n == 0 => "0".into(),
        _ => three_digits(per_operation),
    }
}

fn per_operation_ns(ns: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below 2^53 and not negative
    if ns >= 10.0 { duration(ns.round() as u64) } else { format!("{} ns", three_digits(ns)) }
}

#[allow(clippy::cast_precision_loss)] // counts and times below 2^53
fn median_elapsed(arm: &ArmEvidence, evidence: &Evidence) -> Option<f64> {
    let per_operation = |sample: &Sample| {
        (sample.operations > 0 && sample.elapsed_ns > 0).then(|| sample.elapsed_ns as f64 / sample.operations as f64)
    };
    let mut times: Vec<f64> =
        evidence.kept().filter_map(|round| per_operation(arm.samples.get(round)?.as_ref()?)).collect();
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    match times.len() {
        0 => None,
        n if n % 2 == 1 => Some(times[middle]),
        _ => Some(f64::midpoint(times[middle - 1], times[middle])),
    }
}

/// Rounds kept and dropped, and the noise.
fn rounds(checked: &CheckedClaim, settings: &CheckSettings, lang: Lang, style: &Style) -> String {
    let evidence = &checked.evidence;
    let kept = evidence.kept().count();
    let dropped = |why: &Dropped| evidence.rounds.iter().filter(|round| round.dropped.as_ref() == Some(why)).count();
    let (noisy, failed) = (dropped(&Dropped::Noisy), dropped(&Dropped::Failed));
    let mut said = match lang {
        Lang::En => format!("{kept} of {} wanted kept; dropped: {noisy} noisy, {failed} failed", evidence.wanted),
        Lang::Ko => format!("{}개 중 {kept}개 사용, 소음으로 {noisy}개, 실패로 {failed}개 버림", evidence.wanted),
    };
    if let Rounds::Timed { noise: Some(noise) } = checked.claim.rounds {
        let limit = figures::value(noise, Scale::Share);
        said.push_str(&match lang {
            Lang::En => format!(" (noisy: other tasks used more than {limit} of its time)"),
            Lang::Ko => format!(" (소음: 다른 작업이 라운드 시간의 {limit} 넘게 사용)"),
        });
    }
    if evidence.out_of_time {
        said.push_str(words::say(lang, "; the time allowed was used up", "; 주어진 시간이 끝남"));
    }
    let mut text = entry(words::say(lang, "rounds", "라운드"), 14, &said, 4, style);
    let own = checked.answers.iter().find_map(|answer| match &answer.finding {
        Finding::Effect(estimate) => estimate.self_interval.map(|own| (own, answer.proposition.test.scale())),
        _ => None,
    });
    if let Some((own, scale)) = own {
        let range = figures::range(own, scale);
        let confidence = figures::value(settings.confidence, Scale::Share);
        let said = match lang {
            Lang::En => {
                format!("an arm against itself: {range}; intervals at {confidence} (BCa bootstrap of the median)")
            }
            Lang::Ko => format!("같은 실험군끼리: {range}; 구간은 {confidence} (중앙값의 BCa 부트스트랩)"),
        };
        text.push_str(&entry(words::say(lang, "noise", "소음"), 14, &said, 4, style));
    }
    text
}
