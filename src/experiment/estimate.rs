//! From samples to what a proposition came to: a median with its interval, a count, a proportion.

use super::value::{pairs, rows_of_count, values, values_in};
use crate::model::{CheckSettings, Claim, Estimate, Evidence, Finding, Interval, Quantity, Tally, Test, Threshold};
use crate::stats::{
    Resampling, Tail, drift, log_ratios, median, median_interval, outliers, rule_of_three, signed_rank, two_modes,
    wilson,
};

/// A trend over the rounds smaller than this is no news.
const SMALLEST_DRIFT: f64 = 0.03;

/// What a test of a claim comes to.
pub fn find(claim: &Claim, test: &Test, evidence: &Evidence, settings: &CheckSettings) -> Finding {
    let found = match test {
        Test::Effect { quantity, threshold, .. } => effect(claim, quantity, *threshold, evidence, settings),
        Test::Exact { quantity, threshold, .. } => exact(quantity, *threshold, evidence),
        Test::Share { arm, successes, tried, .. } => share(arm, successes, tried, evidence, settings.confidence),
    };
    found.unwrap_or(Finding::Nothing)
}

fn resampling(settings: &CheckSettings) -> Resampling {
    let resamples = usize::try_from(settings.resamples).unwrap_or(usize::MAX);
    Resampling { confidence: settings.confidence, resamples, seed: settings.seed }
}

/// Whether the quantity is looked at on the logarithmic scale.
pub fn logarithmic(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Ratio(..))
}

fn effect(
    claim: &Claim,
    quantity: &Quantity,
    threshold: Threshold,
    evidence: &Evidence,
    settings: &CheckSettings,
) -> Option<Finding> {
    let how = resampling(settings);
    let raw = values(quantity, evidence);
    if logarithmic(quantity) && raw.iter().any(|v| *v <= 0.0) {
        return None;
    }
    let scaled: Vec<f64> = if logarithmic(quantity) { raw.iter().map(|v| v.ln()).collect() } else { raw.clone() };
    let back = |v: f64| if logarithmic(quantity) { v.exp() } else { v };
    let to = |v: f64| if logarithmic(quantity) { v.ln() } else { v };
    let value = back(median(&scaled)?);
    let own = own_noise(claim, quantity, evidence, how);
    Some(Finding::Effect(Estimate {
        value,
        interval: median_interval(&scaled, how).map(|interval| interval.map(back)),
        rounds: raw.len() as u64,
        self_interval: own.map(|(interval, _)| interval),
        self_p: own.map(|(_, p)| p),
        difference: difference(quantity, evidence, how),
        p: p_value(&scaled, threshold, to),
        adjusted_p: None,
        outliers: outliers(&scaled).into_iter().map(|i| i as u64).collect(),
        drift: drift(&raw, SMALLEST_DRIFT).map(|drift| drift.relative),
        modes: two_modes(&raw).map(|modes| (modes.low, modes.high, modes.share_high)),
    }))
}

/// The name under which an arm is run a second time.
pub fn duplicate(arm: &str) -> String {
    format!("{arm} again")
}

/// The baseline arm against itself, on the scale of the quantity: an interval that ought to hold 1 (or 0), and the p-value
/// of its being off.
fn own_noise(claim: &Claim, quantity: &Quantity, evidence: &Evidence, how: Resampling) -> Option<(Interval, f64)> {
    let Quantity::Of(arm, metric) = claim.baseline()? else { return None };
    let again = Quantity::Of(duplicate(arm), metric.clone());
    let (again, once) = pairs(&again, claim.baseline()?, evidence);
    let scaled: Vec<f64> = match quantity {
        Quantity::Ratio(..) => log_ratios(&again, &once)?,
        Quantity::Difference(..) => again.iter().zip(&once).map(|(a, b)| a - b).collect(),
        Quantity::Of(..) | Quantity::PartOf(..) => return None,
    };
    let back = |v: f64| if logarithmic(quantity) { v.exp() } else { v };
    let interval = median_interval(&scaled, how)?.map(back);
    // No difference at all, in any round, is no sign of one.
    let p = |tail| signed_rank(&scaled, tail).unwrap_or(1.0);
    Some((interval, (2.0 * p(Tail::Greater).min(p(Tail::Less))).min(1.0)))
}

/// The absolute difference beside a ratio.
fn difference(quantity: &Quantity, evidence: &Evidence, how: Resampling) -> Option<(f64, Option<Interval>)> {
    let Quantity::Ratio(over, under) = quantity else { return None };
    let (over, under) = pairs(over, under, evidence);
    let differences: Vec<f64> = over.iter().zip(&under).map(|(a, b)| a - b).collect();
    Some((median(&differences)?, median_interval(&differences, how)))
}

/// Two-sided p-value of lying on the side of the threshold where the values lie; for a range, that of lying inside (the
/// larger of two one-sided ones).
fn p_value(scaled: &[f64], threshold: Threshold, to: impl Fn(f64) -> f64) -> Option<f64> {
    let beyond =
        |threshold: f64, tail: Tail| signed_rank(&scaled.iter().map(|v| v - to(threshold)).collect::<Vec<_>>(), tail);
    let p = match threshold {
        Threshold::AtLeast(t) | Threshold::AtMost(t) => 2.0 * beyond(t, Tail::Greater)?.min(beyond(t, Tail::Less)?),
        Threshold::Within(low, high) => beyond(low, Tail::Greater)?.max(beyond(high, Tail::Less)?),
    };
    Some(p.min(1.0))
}

fn exact(quantity: &Quantity, threshold: Threshold, evidence: &Evidence) -> Option<Finding> {
    let rows = rows_of_count(quantity, evidence);
    let counted = values_in(quantity, evidence, &rows);
    // A row that could not be computed is a repeat that did not happen: none of them may be skipped in silence.
    if counted.len() != rows.len() {
        return None;
    }
    let of = counted.len() as u64;
    let held = counted.iter().filter(|value| threshold.reached_by(**value)).count() as u64;
    let at_most_otherwise = if held == of { rule_of_three(of) } else { None };
    Some(Finding::Exact(Tally { held, of, typical: median(&counted)?, at_most_otherwise }))
}

fn share(arm: &str, successes: &str, tried: &str, evidence: &Evidence, confidence: f64) -> Option<Finding> {
    let arm = evidence.arm(arm)?;
    let sample = evidence.kept().find_map(|row| arm.samples.get(row)?.as_ref())?;
    let whole = |name: &str| {
        let value = *sample.measures.get(name)?;
        // Counts of processes: whole and small.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (value.is_finite() && value >= 0.0).then_some(value.round() as u64)
    };
    let (successes, tried) = (whole(successes)?, whole(tried)?);
    Some(Finding::Share { successes, tried, interval: wilson(successes, tried, confidence)? })
}
