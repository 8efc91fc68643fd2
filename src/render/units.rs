//! Numbers as a person reads them: one unit a column, three significant digits for what is measured, exact integers for what is
//! counted, and share bars.
//!
//! Nothing that is not zero is ever printed as zero: below the last digit it is `<0.001`.

/// A unit of a quantity, with how many of the base unit (ns, bytes) it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    pub name: &'static str,
    size: f64,
}

/// Durations, in ns.
pub(crate) const TIME: [Unit; 4] = [
    Unit { name: "ns", size: 1.0 },
    Unit { name: "us", size: 1e3 },
    Unit { name: "ms", size: 1e6 },
    Unit { name: "s", size: 1e9 },
];

/// Sizes, in bytes.
pub(crate) const SIZE: [Unit; 5] = [
    Unit { name: "B", size: 1.0 },
    Unit { name: "KiB", size: 1024.0 },
    Unit { name: "MiB", size: 1_048_576.0 },
    Unit { name: "GiB", size: 1_073_741_824.0 },
    Unit { name: "TiB", size: 1_099_511_627_776.0 },
];

impl Unit {
    /// The unit for a column: the largest in which the largest value is at least 1. One finer if that would squeeze values
    /// below 0.01 (half of them; in a column of single durations, where the short ones matter as much as the long, any) and
    /// the largest still has five digits at most.
    pub(crate) fn for_column(units: &[Self], values: impl Iterator<Item = f64>, single: bool) -> Self {
        let values: Vec<f64> = values.map(f64::abs).filter(|v| *v > 0.0).collect();
        let largest = values.iter().copied().fold(0.0, f64::max);
        // 0.9995: what rounds to 1.00 of a unit is shown in it.
        let at = units.iter().rposition(|u| largest >= 0.9995 * u.size).unwrap_or(0);
        let squeezed = values.iter().filter(|v| **v < 0.01 * units[at].size).count();
        let too_many = if single { squeezed > 0 } else { squeezed * 2 > values.len() };
        if at > 0 && too_many && largest < 99_999.5 * units[at - 1].size {
            return units[at - 1];
        }
        units[at]
    }

    /// The number alone, in this unit.
    pub(crate) fn number(self, value: f64) -> String {
        // The base unit is not divisible: 41 ns, not 41.0.
        if self.size <= 1.0 { grouped(value.round()) } else { three_digits(value / self.size) }
    }
}

impl Unit {
    /// The number with so many decimals, where two of them are to be told apart.
    pub(crate) fn decimals(self, value: f64, decimals: usize) -> String {
        let text = format!("{:.*}", if self.size <= 1.0 { 0 } else { decimals }, value / self.size);
        match text.split_once('.') {
            Some((whole, part)) => format!("{}.{part}", separate(whole)),
            None => separate(&text),
        }
    }
}

/// A duration with its own unit: `12.4 s`.
#[allow(clippy::cast_precision_loss)] // 2^53 ns are 104 days: the fourth digit is not at stake
pub(crate) fn duration(ns: u64) -> String {
    quantity(&TIME, ns as f64)
}

/// A size with its own unit: `612 MiB`.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn bytes(n: u64) -> String {
    quantity(&SIZE, n as f64)
}

/// A value with its own unit.
pub(crate) fn quantity(units: &[Unit], value: f64) -> String {
    let unit = Unit::for_column(units, std::iter::once(value), false);
    format!("{} {}", unit.number(value), unit.name)
}

/// An exact integer with thousands separators: `58,141`.
pub(crate) fn count(n: u64) -> String {
    separate(&n.to_string())
}

/// Three significant digits, but never fewer than the integer part has and never more than three decimals: `58,141`, `12.4`,
/// `0.040`, `<0.001`.
pub(crate) fn three_digits(v: f64) -> String {
    let size = v.abs();
    if size == 0.0 {
        return "0".into();
    }
    if size < 0.0005 {
        return if v < 0.0 { ">-0.001".into() } else { "<0.001".into() };
    }
    // The limits are where rounding carries into the next digit: 9.995 is 10.0, not 10.00.
    match size {
        _ if size < 0.9995 => format!("{v:.3}"),
        _ if size < 9.995 => format!("{v:.2}"),
        _ if size < 99.95 => format!("{v:.1}"),
        _ => grouped(v.round()),
    }
}

/// A share of 1 with one decimal: `34.1 %`; `<0.1 %` for what is not nothing.
pub(crate) fn percent(share: f64) -> String {
    let p = share * 100.0;
    match p {
        _ if p == 0.0 => "0.0 %".into(),
        _ if p.abs() < 0.05 => if p < 0.0 { ">-0.1 %" } else { "<0.1 %" }.into(),
        _ => format!("{p:.1} %"),
    }
}

/// A bar of at most `cells` columns for a share of 1, in eighths of a column, or in whole `#` without Unicode.
pub(crate) fn bar(share: f64, cells: usize, unicode: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if share.is_nan() || share <= 0.0 {
        return String::new();
    }
    let steps = if unicode { 8 } else { 1 };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let filled = (share.min(1.0) * (cells * steps) as f64).round() as usize;
    if unicode { "█".repeat(filled / 8) + EIGHTHS[filled % 8] } else { "#".repeat(filled) }
}

fn grouped(v: f64) -> String {
    separate(&format!("{v:.0}"))
}

fn separate(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |d| ("-", d));
    let mut out = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_significant_digits_also_where_rounding_carries() {
        let cases = [
            (0.0, "0"),
            (0.000_4, "<0.001"),
            (-0.000_4, ">-0.001"),
            (0.000_5, "0.001"),
            (0.04, "0.040"),
            (0.999_6, "1.00"),
            (1.234, "1.23"),
            (9.996, "10.0"),
            (99.96, "100"),
            (999.6, "1,000"),
            (27_934.0, "27,934"),
            (-12.34, "-12.3"),
        ];
        for (value, shown) in cases {
            assert_eq!(three_digits(value), shown, "{value}");
        }
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_column_takes_the_unit_of_its_largest_value() {
        let unit = |v: &[f64]| Unit::for_column(&TIME, v.iter().copied(), false).name;
        assert_eq!(unit(&[14.4e9, 0.93e9]), "s");
        assert_eq!(unit(&[999.6e3]), "ms");
        assert_eq!(unit(&[0.0]), "ns");
        assert_eq!(unit(&[]), "ns");
        // one long call among many short ones: 1,100 ms, 4.20 ms, 0.210 ms
        assert_eq!(unit(&[1.1e9, 4.2e6, 0.21e6]), "ms");
        assert_eq!(unit(&[36.7e6, 3e6, 182.0]), "ms");
        // of single durations none is to be lost: 36,700 us, 0.182 us
        assert_eq!(Unit::for_column(&TIME, [36.7e6, 3e6, 182.0].into_iter(), true).name, "us");
    }

    #[test]
    fn durations_and_sizes_choose_their_unit() {
        assert_eq!(duration(41), "41 ns");
        assert_eq!(duration(2_900_000), "2.90 ms");
        assert_eq!(duration(12_410_000_000), "12.4 s");
        assert_eq!(bytes(1_523_000_000), "1.42 GiB");
        assert_eq!(bytes(0), "0 B");
    }

    #[test]
    fn a_share_that_is_not_nothing_is_not_printed_as_nothing() {
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.000_1), "<0.1 %");
        assert_eq!(percent(-0.000_1), ">-0.1 %");
        assert_eq!(percent(0.449), "44.9 %");
        assert_eq!(bar(0.0, 10, true), "");
    }

    #[test]
    fn bars_are_drawn_in_eighths_and_never_overflow() {
        assert_eq!(bar(0.5, 4, true), "██");
        assert_eq!(bar(0.53125, 4, true), "██▏");
        assert_eq!(bar(7.0, 4, true), "████");
        assert_eq!(bar(0.5, 4, false), "##");
        assert_eq!(bar(f64::NAN, 4, true), "");
    }
}
