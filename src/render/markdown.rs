//! GitHub Markdown: the same sections as tables that can be pasted into an issue or a README.

use super::RenderError;
use super::grid::{Grid, Note, Section, Tone, Value, Weight};
use super::sections;
use super::style::Style;
use super::table::{text, unit};
use super::text::{cut, markdown};
use crate::model::Profile;

/// Arguments can be megabytes; a heading should not be. In columns.
const LONGEST_TITLE: usize = 300;

/// A profile as Markdown.
pub(super) fn render(profile: &Profile, style: &Style) -> Result<String, RenderError> {
    let report = sections::report(profile, style.into());
    let mut out = format!("## {}\n\n", markdown(&cut(&report.command, LONGEST_TITLE, "…")));
    out.push_str(&format!("{}  \n", escaped(&report.outcome)));
    out.push_str(&format!("{}\n", escaped(&report.machine)));
    for warning in &report.warnings {
        out.push('\n');
        note(warning, &mut out);
    }
    for part in &report.sections {
        section(part, &mut out);
    }
    Ok(out)
}

fn escaped(parts: &[String]) -> String {
    parts.iter().map(|p| markdown(p)).collect::<Vec<_>>().join(" · ")
}

fn section(section: &Section, out: &mut String) {
    out.push_str(&format!("\n### {}\n\n", markdown(&section.title)));
    if let Some(subtitle) = &section.subtitle {
        out.push_str(&format!("{}\n", markdown(subtitle)));
    }
    if let Some(grid) = &section.grid {
        if section.subtitle.is_some() {
            out.push('\n');
        }
        table(grid, out);
        if !section.notes.is_empty() {
            out.push('\n');
        }
    }
    for n in &section.notes {
        note(n, out);
    }
}

fn note(note: &Note, out: &mut String) {
    let text = markdown(&note.text);
    out.push_str(&match note.tone {
        Tone::Quiet | Tone::Plain => format!("- {text}\n"),
        Tone::Warning | Tone::Alarm => format!("- **{text}**\n"),
    });
    if let Some(remedy) = &note.remedy {
        out.push_str(&format!("  - to have it: {}\n", markdown(remedy)));
    }
}

fn table(grid: &Grid, out: &mut String) {
    let absent = |c: usize| grid.lines.iter().all(|l| l.cells[c].is_absent() || matches!(l.cells[c], Value::Bar(..)));
    let kept: Vec<usize> = (0..grid.columns.len()).filter(|c| *c == 0 || !absent(*c)).collect();
    let units: Vec<_> = (0..grid.columns.len()).map(|c| unit(grid, c)).collect();
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let names = kept.iter().map(|c| match (*c, units[*c]) {
        (0, _) => String::new(),
        (c, Some(unit)) if grid.header => format!("{} ({})", markdown(grid.columns[c].name), unit.name),
        (c, _) => markdown(grid.columns[c].name),
    });
    out.push_str(&row(names.collect()));
    out.push_str(&row(kept.iter().map(|c| if grid.columns[*c].right { "---:" } else { "---" }.into()).collect()));
    for line in &grid.lines {
        let cells = kept.iter().map(|c| {
            let cell = match &line.cells[*c] {
                Value::Facts(facts) => escaped(facts),
                value => markdown(&text(value, units[*c], !grid.header)),
            };
            if line.weight == Weight::Total && !cell.is_empty() { format!("**{cell}**") } else { cell }
        });
        out.push_str(&row(cells.collect()));
    }
}
