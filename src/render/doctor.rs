//! `osmeter doctor` for a person: what works, what does not and what to type, then the settings that explain it.

use crate::model::{Capability, Doctor, Probed, Tier};
use comfy_table::{Cell, ContentArrangement, Table, presets};
use std::fmt::Write;

/// Renders for `width` columns, at most [`super::WIDEST`], with colours or without.
pub fn doctor(doctor: &Doctor, width: usize, color: bool) -> String {
    let width = width.clamp(super::NARROWEST, super::WIDEST);
    let mut text = machine(doctor);
    text.push('\n');
    let (settings, sources): (Vec<_>, Vec<_>) =
        doctor.capabilities.iter().partition(|c| matches!(c.finding, Probed::Setting { .. }));
    let _ = writeln!(text, "{}\n", table(&sources, width, color));
    let _ = writeln!(text, "Settings of this machine\n{}\n", table(&settings, width, color));
    text.push_str(verdict(doctor.tier));
    text.push('\n');
    text
}

fn machine(doctor: &Doctor) -> String {
    let host = &doctor.host;
    let kind = match host.virtual_machine {
        Some(true) => ", virtual",
        Some(false) | None => "",
    };
    let model = host.cpu_model.as_deref().unwrap_or(&host.architecture);
    let distribution = host.distribution.as_ref().map_or(String::new(), |name| format!(" · {name}"));
    format!("{model}, {} CPUs{kind} · Linux {}{distribution}\n", host.cpus, host.kernel)
}

fn verdict(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Bpf) => "A run measures the whole ledger (tier bpf).",
        Some(Tier::Switches) => "A run measures on-CPU and off-CPU time by thread (tier switches).",
        Some(Tier::Ptrace | Tier::Basic) => {
            "A run measures what wait4, /proc and perf's user-mode counters say (tier basic)."
        }
        None => "Nothing can be measured here.",
    }
}

/// Word, then name, then everything else as a paragraph, so that a command to type is never cut.
fn table(rows: &[&Capability], width: usize, color: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for capability in rows {
        let (word, rest) = match &capability.finding {
            Probed::Works { detail } => (WORKS, detail.clone().unwrap_or_default()),
            Probed::Refused { why, lost, remedy } => {
                let remedy = remedy.as_ref().map_or(String::new(), |remedy| format!("\nTo allow it: {remedy}"));
                (REFUSED, format!("{why}\nWithout it: {lost}{remedy}"))
            }
            Probed::Setting { value } => ("", value.clone()),
        };
        let mut cells = vec![Cell::new(&capability.what), Cell::new(rest)];
        if !word.is_empty() {
            cells.insert(1, Cell::new(word));
        }
        table.add_row(cells);
    }
    let painted = |line: &str| if color { paint(line.trim_end(), rows) } else { line.trim_end().to_owned() };
    table.to_string().lines().map(painted).collect::<Vec<_>>().join("\n")
}

const WORKS: &str = "works";
const REFUSED: &str = "refused";

/// Colours the word of a row. After the layout, which would take the codes for text.
fn paint(line: &str, rows: &[&Capability]) -> String {
    for what in rows.iter().map(|c| c.what.as_str()) {
        let Some(rest) = line.trim_start().strip_prefix(what) else { continue };
        for (word, code) in [(WORKS, "32"), (REFUSED, "31")] {
            if let Some(tail) = rest.trim_start().strip_prefix(word) {
                let head = &line[..line.len() - word.len() - tail.len()];
                return format!("{head}\x1b[{code}m{word}\x1b[0m{tail}");
            }
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Host;

    fn sample() -> Doctor {
        let row = |what: &str, finding| Capability { what: what.into(), finding };
        Doctor {
            schema: "s".into(),
            osmeter: "0".into(),
            host: Host {
                hostname: "h".into(),
                kernel: "6.1.0".into(),
                architecture: "x86_64".into(),
                distribution: Some("Some Linux".into()),
                cpu_model: None,
                cpus: 4,
                cpus_allowed: 4,
                memory_bytes: 1,
                virtual_machine: Some(true),
                has_pmu: false,
            },
            tier: Some(Tier::Basic),
            capabilities: vec![
                row("gate", Probed::Works { detail: None }),
                row(
                    "BPF programs",
                    Probed::Refused {
                        why: "Operation not permitted (EPERM)".into(),
                        lost: "the whole ledger".into(),
                        remedy: Some("sudo osmeter run".into()),
                    },
                ),
                row("lockdown", Probed::Setting { value: "none".into() }),
            ],
        }
    }

    #[test]
    fn a_refusal_says_what_is_lost_and_what_to_type() {
        let text = doctor(&sample(), 80, false);
        for part in ["works", "refused", "(EPERM)", "Without it: the whole ledger", "To allow it: sudo osmeter run"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("Settings of this machine") && text.contains("tier basic"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn every_line_fits_and_colours_take_no_room() {
        for width in [40, 80, 100] {
            let plain = doctor(&sample(), width, false);
            let longest = plain.lines().skip(2).take_while(|l| !l.is_empty()).map(|l| l.chars().count()).max();
            assert!(longest <= Some(width), "{width}: {plain}");
            let coloured = doctor(&sample(), width, true);
            let stripped = coloured.replace("\x1b[32m", "").replace("\x1b[31m", "").replace("\x1b[0m", "");
            assert_eq!(stripped, plain);
        }
    }
}
