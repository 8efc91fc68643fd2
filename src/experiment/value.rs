//! The number that a quantity has in one round.

use crate::model::{ArmEvidence, Counted, Dropped, Evidence, Mechanism, Metric, Quantity, Sample};

/// How many rows a quantity has: the kept rounds, or for a counted one the profiled runs that every arm of it has.
pub fn rows(quantity: &Quantity, evidence: &Evidence) -> Vec<usize> {
    if quantity.counted() {
        let runs = quantity.arms().iter().map(|arm| evidence.arm(arm).map_or(0, |arm| arm.profiled.len())).min();
        (0..runs.unwrap_or(0)).collect()
    } else {
        evidence.kept().collect()
    }
}

/// The same for a count, which others at work do not change: rounds dropped for noise stand.
pub fn rows_of_count(quantity: &Quantity, evidence: &Evidence) -> Vec<usize> {
    if quantity.counted() {
        return rows(quantity, evidence);
    }
    let stands = |dropped: &Option<Dropped>| matches!(dropped, None | Some(Dropped::Noisy));
    evidence.rounds.iter().enumerate().filter(|(_, round)| stands(&round.dropped)).map(|(i, _)| i).collect()
}

/// The quantity in each of these rows, those in which it cannot be computed left out.
pub fn values_in(quantity: &Quantity, evidence: &Evidence, rows: &[usize]) -> Vec<f64> {
    rows.iter().filter_map(|row| value(quantity, evidence, *row)).collect()
}

/// The quantity in each of its rows, rows in which it cannot be computed left out.
pub fn values(quantity: &Quantity, evidence: &Evidence) -> Vec<f64> {
    values_in(quantity, evidence, &rows(quantity, evidence))
}

/// Both sides of a ratio or difference, row by row, only where both are known.
pub fn pairs(a: &Quantity, b: &Quantity, evidence: &Evidence) -> (Vec<f64>, Vec<f64>) {
    let whole = a.clone().less(b.clone());
    rows(&whole, evidence)
        .into_iter()
        .filter_map(|row| Some((value(a, evidence, row)?, value(b, evidence, row)?)))
        .unzip()
}

fn value(quantity: &Quantity, evidence: &Evidence, row: usize) -> Option<f64> {
    let value = match quantity {
        Quantity::Of(arm, metric) => of_arm(evidence.arm(arm)?, metric, row)?,
        Quantity::Ratio(over, under) | Quantity::PartOf(over, under) => {
            value(over, evidence, row)? / value(under, evidence, row)?
        }
        Quantity::Difference(from, less) => value(from, evidence, row)? - value(less, evidence, row)?,
    };
    value.is_finite().then_some(value)
}

fn of_arm(arm: &ArmEvidence, metric: &Metric, row: usize) -> Option<f64> {
    if let Metric::Counted(counted) = metric {
        let run = arm.profiled.get(row)?;
        return counter(run, counted).map(|count| count / float(run.operations));
    }
    let sample = arm.samples.get(row)?.as_ref()?;
    of_sample(sample, metric)
}

/// A metric of one bare run.
pub fn of_sample(sample: &Sample, metric: &Metric) -> Option<f64> {
    let operations = float(sample.operations);
    let (elapsed, cpu) = (float(sample.elapsed_ns), float(sample.cpu_ns));
    match metric {
        Metric::ElapsedPerOperation => Some(elapsed / operations),
        Metric::ElapsedPer(name) => sample.measures.get(name).map(|value| elapsed / value),
        Metric::CpuPerOperation => Some(cpu / operations),
        Metric::Elapsed => Some(elapsed),
        Metric::CpusBusy => Some(cpu / elapsed),
        Metric::Operations => Some(operations),
        Metric::Measure(name) => sample.measures.get(name).copied(),
        Metric::Measures(names) => names.iter().map(|name| sample.measures.get(name)).sum(),
        Metric::MeasurePerOperation(name) => sample.measures.get(name).map(|value| value / operations),
        Metric::Counted(_) => None,
    }
}

/// A counter of one profiled run, if the tier had it.
pub fn counter(run: &Mechanism, counted: &Counted) -> Option<f64> {
    run.counters.iter().find(|(what, _)| what == counted).map(|(_, count)| float(*count))
}

/// Exact below 2^53: 104 days in ns.
#[allow(clippy::cast_precision_loss)]
pub fn float(n: u64) -> f64 {
    n as f64
}
