//! The report for a person at a terminal: sections one below the other, at most 100 columns, calm without colours too.

mod cells;
mod layout;
mod paint;

use super::RenderError;
use super::grid::{Note, Report, Section, Tone};
use super::sections;
use super::style::Style;
use super::text::{split_at_column, width, wrap};
use crate::model::Profile;
use cells::shown;
pub(super) use cells::{text, unit};
use paint::{Ink, paint};

/// Tables and notes stand this far in from their titles.
const INDENT: &str = "  ";

/// A profile as tables.
pub(super) fn render(profile: &Profile, style: &Style) -> Result<String, RenderError> {
    Ok(lay_out(&sections::report(profile, style.into()), style))
}

/// A report as text that ends with a line break.
fn lay_out(report: &Report, style: &Style) -> String {
    let mut lines = head(report, style);
    let mut left_out: Vec<String> = Vec::new();
    for section in &report.sections {
        lines.push(String::new());
        lay_out_section(section, style, &mut lines, &mut left_out);
    }
    if !left_out.is_empty() {
        let text = format!(
            "For want of room these columns are left out: {}; --format json or markdown has them",
            left_out.join(", ")
        );
        lines.push(String::new());
        lines.extend(wrap(&shown(&text, style), style.width).iter().map(|l| paint(l, Ink::Dim, style)));
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn head(report: &Report, style: &Style) -> Vec<String> {
    let command = shown(&report.command, style);
    let separator = shown(" · ", style);
    let parts = |parts: &[String]| parts.iter().map(|p| shown(p, style)).collect::<Vec<_>>();
    let outcome = parts(&report.outcome);
    let one_line = outcome.join(&separator);
    let (exit, rest) = outcome.split_first().expect("a command always has an outcome");
    let exit_ink = if report.failed { Ink::Red } else { Ink::Plain };
    let mut lines = Vec::new();
    if width(&command) + 3 + width(&one_line) <= style.width {
        let gap = " ".repeat(style.width - width(&command) - width(&one_line));
        let exit = paint(exit, exit_ink, style);
        let rest: String = rest.iter().map(|p| format!("{separator}{p}")).collect();
        lines.push(format!("{}{gap}{exit}{rest}", paint(&command, Ink::Bold, style)));
    } else {
        lines.extend(two_lines(&command, style).iter().map(|l| paint(l, Ink::Bold, style)));
        for (i, line) in flow(&outcome, &separator, style.width).iter().enumerate() {
            let painted = line.strip_prefix(exit.as_str()).filter(|_| i == 0);
            lines.push(painted.map_or_else(|| line.clone(), |l| format!("{}{l}", paint(exit, exit_ink, style))));
        }
    }
    for line in flow(&parts(&report.machine), &separator, style.width) {
        lines.push(paint(&line, Ink::Dim, style));
    }
    for warning in &report.warnings {
        lines.extend(note(warning, "", style));
    }
    lines
}

/// A long command in two lines: what is cut off is in the JSON.
fn two_lines(command: &str, style: &Style) -> Vec<String> {
    // Arguments can be megabytes: what cannot be in two lines need not be wrapped.
    let (command, _) = split_at_column(command, 3 * style.width);
    let mut lines = wrap(command, style.width);
    if lines.len() > 2 {
        lines.truncate(2);
        let mark = shown("…", style);
        let (head, _) = split_at_column(&lines[1], style.width - width(&mark));
        lines[1] = format!("{head}{mark}");
    }
    lines
}

/// Joins parts into as few lines as fit, never breaking inside a part that fits a line.
fn flow(parts: &[String], separator: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + width(separator) + width(part) <= columns => {
                line.push_str(separator);
                line.push_str(part);
            }
            _ => lines.extend(wrap(part, columns)),
        }
    }
    lines
}

fn lay_out_section(section: &Section, style: &Style, lines: &mut Vec<String>, left_out: &mut Vec<String>) {
    let title = shown(&section.title, style);
    let has_header = section.grid.as_ref().is_some_and(|g| g.header);
    if !has_header {
        let subtitle = section.subtitle.as_ref().map(|s| shown(s, style)).unwrap_or_default();
        lines.extend(heading(&title, &subtitle, style));
    }
    if let Some(grid) = &section.grid {
        let laid = layout::grid(&title, grid, style);
        lines.extend(laid.lines);
        for name in laid.left_out {
            if !left_out.contains(&name) {
                left_out.push(name);
            }
        }
    }
    for n in &section.notes {
        lines.extend(note(n, INDENT, style));
    }
}

fn heading(title: &str, subtitle: &str, style: &Style) -> Vec<String> {
    let bold = paint(title, Ink::Bold, style);
    if subtitle.is_empty() {
        return vec![bold];
    }
    if width(title) + 3 + width(subtitle) <= style.width {
        return vec![format!("{bold}   {}", paint(subtitle, Ink::Dim, style))];
    }
    let below = wrap(subtitle, style.width - INDENT.len());
    std::iter::once(bold).chain(below.iter().map(|l| format!("{INDENT}{}", paint(l, Ink::Dim, style)))).collect()
}

/// A note, its further lines and its remedy set in deeper.
fn note(note: &Note, indent: &str, style: &Style) -> Vec<String> {
    let ink = match note.tone {
        Tone::Quiet => Ink::Dim,
        Tone::Plain => Ink::Plain,
        Tone::Warning => Ink::Yellow,
        Tone::Alarm => Ink::Alarm,
    };
    let columns = style.width.saturating_sub(indent.len() + INDENT.len());
    let mut lines = Vec::new();
    for (i, line) in wrap(&shown(&note.text, style), columns).iter().enumerate() {
        let hang = if i == 0 { "" } else { INDENT };
        lines.push(format!("{indent}{hang}{}", paint(line, ink, style)));
    }
    if let Some(remedy) = &note.remedy {
        for line in wrap(&shown(&format!("to have it: {remedy}"), style), columns) {
            lines.push(format!("{indent}{INDENT}{}", paint(&line, Ink::Dim, style)));
        }
    }
    lines
}
