//! Numbers of a check: effects with their intervals, thresholds, counts.

use super::super::units::{bytes, count, duration, percent, three_digits};
use crate::model::{Answer, CheckedClaim, Finding, Interval, Lang, Quantity, Scale, Tally, Test, Threshold};

/// The effect of a claim's primary proposition, with its interval. Empty where there is none.
pub(super) fn effect(claim: &CheckedClaim, lang: Lang) -> String {
    claim.answers.first().map(|answer| finding(answer, lang)).unwrap_or_default()
}

/// What a proposition came to.
pub(super) fn finding(answer: &Answer, lang: Lang) -> String {
    let scale = answer.proposition.test.scale();
    match &answer.finding {
        Finding::Effect(estimate) => match estimate.interval {
            Some(interval) => format!("{} {}", value(estimate.value, scale), range(interval, scale)),
            None => value(estimate.value, scale),
        },
        Finding::Exact(tally) => exact(tally, answer, lang),
        Finding::Share { successes, tried, interval } => {
            let of = match lang {
                Lang::En => format!("{successes} of {tried}"),
                Lang::Ko => format!("{tried} 중 {successes}"),
            };
            format!("{of} {}", range(*interval, Scale::Share))
        }
        Finding::Nothing => String::new(),
    }
}

fn exact(tally: &Tally, answer: &Answer, lang: Lang) -> String {
    let runs = match lang {
        Lang::En => format!("so in {} of {} runs", tally.held, tally.of),
        Lang::Ko => format!("{}번 중 {}번 그러함", tally.of, tally.held),
    };
    // Yes, no and 'all' are said by the proposition.
    let test = &answer.proposition.test;
    let yes_or_no = matches!(test.threshold(), Threshold::Within(a, b) if a == b && (a == 0.0 || a == 1.0));
    if yes_or_no && tally.held == tally.of { runs } else { format!("{} · {runs}", value(tally.typical, test.scale())) }
}

/// A number in its unit.
pub(super) fn value(value: f64, scale: Scale) -> String {
    // Magnitudes below 2^53; the sign is put before.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let magnitude = value.abs().round() as u64;
    let sign = if value < 0.0 { "-" } else { "" };
    match scale {
        Scale::Times => format!("{} ×", digits(value)),
        Scale::Ns => format!("{sign}{}", duration(magnitude)),
        Scale::Bytes => format!("{sign}{}", bytes(magnitude)),
        Scale::Count if value.fract() == 0.0 => format!("{sign}{}", count(magnitude)),
        Scale::Count => format!("{sign}{}", digits(value.abs())),
        Scale::Share if value < 0.0 => format!("-{}", percent(-value)),
        Scale::Share => percent(value),
    }
}

/// An interval in the unit of its value.
pub(super) fn range(interval: Interval, scale: Scale) -> String {
    let end = |end: f64| match scale {
        Scale::Times => digits(end),
        _ => value(end, scale),
    };
    format!("[{}, {}]", end(interval.low), end(interval.high))
}

/// Ratios near 1 are told apart by their third decimal; large ones by three digits.
fn digits(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.3}") } else { three_digits(value) }
}

/// What had to be reached.
pub(super) fn threshold(test: &Test, lang: Lang) -> String {
    let number = |v: f64| value(v, test.scale());
    match (test.threshold(), lang) {
        (Threshold::AtLeast(t), Lang::En) => format!("at least {}", number(t)),
        (Threshold::AtLeast(t), Lang::Ko) => format!("{} 이상", number(t)),
        (Threshold::AtMost(t), Lang::En) => format!("at most {}", number(t)),
        (Threshold::AtMost(t), Lang::Ko) => format!("{} 이하", number(t)),
        (Threshold::Within(a, b), Lang::En) if a == b => format!("exactly {}", number(a)),
        (Threshold::Within(a, b), Lang::Ko) if a == b => format!("정확히 {}", number(a)),
        (Threshold::Within(a, b), Lang::En) => format!("from {} to {}", number(a), number(b)),
        (Threshold::Within(a, b), Lang::Ko) => format!("{} 이상 {} 이하", number(a), number(b)),
    }
}

/// The absolute difference beside a ratio of times.
pub(super) fn difference(answer: &Answer) -> Option<String> {
    let (Test::Effect { quantity: Quantity::Ratio(over, _), .. }, Finding::Effect(estimate)) =
        (&answer.proposition.test, &answer.finding)
    else {
        return None;
    };
    let (difference, interval) = estimate.difference?;
    let sign = if difference > 0.0 { "+" } else { "" };
    let scale = unit_of(over)?;
    let range = interval.map(|interval| format!(" {}", range(interval, scale))).unwrap_or_default();
    Some(format!("{sign}{}{range}", value(difference, scale)))
}

/// What a quantity is in, where its name says so.
fn unit_of(quantity: &Quantity) -> Option<Scale> {
    use crate::model::Metric;
    match quantity {
        Quantity::Of(_, Metric::Measure(name) | Metric::MeasurePerOperation(name)) if name.ends_with("_ns") => {
            Some(Scale::Ns)
        }
        Quantity::Of(_, Metric::Measure(name) | Metric::MeasurePerOperation(name)) if name.ends_with("_bytes") => {
            Some(Scale::Bytes)
        }
        Quantity::Of(_, Metric::Measure(_) | Metric::Measures(_) | Metric::MeasurePerOperation(_)) => None,
        Quantity::Of(_, Metric::CpusBusy | Metric::Operations | Metric::Counted(_)) => None,
        Quantity::Of(..) => Some(Scale::Ns),
        _ => None,
    }
}
