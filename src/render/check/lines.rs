//! Alignment by columns of the terminal, and colours put on after it.

use super::super::style::Style;
use super::super::text::{cut, width, wrap};

/// Text with spaces up to `columns`, cut if it is longer.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let text = if width(text) > columns { cut(text, columns, "…") } else { text.to_string() };
    let space = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(space))
}

/// Text broken into lines, each with an indent.
pub(super) fn paragraph(text: &str, indent: usize, style: &Style) -> String {
    let space = " ".repeat(indent);
    let lines = wrap(text, style.width.saturating_sub(indent));
    lines.into_iter().map(|line| format!("{space}{line}\n")).collect()
}

/// A label and a text beside it, whose further lines stand below its first.
pub(super) fn entry(label: &str, label_columns: usize, text: &str, indent: usize, style: &Style) -> String {
    let hang = indent + label_columns;
    let mut out = String::new();
    for (at, line) in wrap(text, style.width.saturating_sub(hang)).iter().enumerate() {
        let label = if at == 0 { pad(label, label_columns) } else { " ".repeat(label_columns) };
        out.push_str(&format!("{}{label}{line}\n", " ".repeat(indent)));
    }
    out
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Bold,
    Dim,
    Green,
    Red,
    Yellow,
    Blue,
}

/// The text in its colour, where colours are wanted.
pub(super) fn paint(text: &str, ink: Ink, style: &Style) -> String {
    let code = match ink {
        Ink::Bold => "1",
        Ink::Dim => "2",
        Ink::Green => "32",
        Ink::Red => "31",
        Ink::Yellow => "33",
        Ink::Blue => "34",
    };
    if style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
}

/// The same without this report's own signs beyond ASCII, each a column wide as before.
pub(super) fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '×' => 'x',
            '·' => '|',
            '–' => '-',
            '…' => '~',
            other => other,
        })
        .collect()
}
