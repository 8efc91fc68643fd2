//! Values as text: one unit a column, the mark of how a value was obtained, escaped for the terminal.

use super::super::grid::{Grid, Value};
use super::super::style::Style;
use super::super::text::{ascii, visible};
use super::super::units::{SIZE, TIME, Unit, bar, count, percent};
use crate::model::Reading;

/// Text as this terminal can and may show it.
pub(in super::super) fn shown(text: &str, style: &Style) -> String {
    let text = visible(text);
    if style.unicode { text.into_owned() } else { ascii(&text) }
}

/// The unit of a column of times or sizes, over all its lines.
pub(in super::super) fn unit(grid: &Grid, column: usize) -> Option<Unit> {
    let values = || grid.lines.iter().map(|line| &line.cells[column]);
    let units: &[Unit] = if values().any(|v| matches!(v, Value::Time(_))) {
        &TIME
    } else if values().any(|v| matches!(v, Value::Bytes(_))) {
        &SIZE
    } else {
        return None;
    };
    Some(Unit::for_column(units, values().filter_map(amount), grid.columns[column].single))
}

#[allow(clippy::cast_precision_loss)] // shown with three digits
fn amount(value: &Value) -> Option<f64> {
    match value {
        Value::Time(r) => r.value().map(|v| *v as f64),
        Value::Bytes(r) => r.value().map(|v| *v as f64),
        _ => None,
    }
}

/// A value without what depends on the room there is: bars and facts are empty here.
#[allow(clippy::cast_precision_loss)]
pub(in super::super) fn text(value: &Value, unit: Option<Unit>, with_unit: bool) -> String {
    let in_unit = |v: f64| match unit {
        Some(unit) if with_unit => format!("{} {}", unit.number(v), unit.name),
        Some(unit) => unit.number(v),
        None => String::new(),
    };
    match value {
        Value::Blank | Value::Bar(..) | Value::Facts(_) => String::new(),
        Value::Text(text) => text.clone(),
        Value::Count(r) => marked(r, |n| count(*n)),
        Value::Time(r) => marked(r, |n| in_unit(*n as f64)),
        Value::Bytes(r) => marked(r, |n| in_unit(*n as f64)),
        Value::Share(share) => share.map_or_else(|| "–".into(), percent),
    }
}

fn marked<T>(reading: &Reading<T>, show: impl Fn(&T) -> String) -> String {
    match reading {
        Reading::Exact(v) => show(v),
        Reading::Estimated { value, .. } | Reading::Scaled { value, .. } => format!("~{}", show(value)),
        Reading::Partial { value, .. } => format!("≥{}", show(value)),
        Reading::Missing { .. } => "–".into(),
    }
}

/// A share drawn in at most `columns`.
pub(super) fn drawn(value: &Value, columns: usize, style: &Style) -> String {
    match value {
        Value::Bar(Some(share), _) => bar(*share, columns, style.unicode),
        _ => String::new(),
    }
}
