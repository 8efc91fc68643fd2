//! Colours: the sixteen that every terminal has and its user has chosen, applied after the layout, so that widths are of text.

use super::super::grid::Hue;
use super::super::style::Style;

/// A way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    /// What must not be overlooked.
    Alarm,
}

impl From<Hue> for Ink {
    fn from(hue: Hue) -> Self {
        match hue {
            Hue::User => Self::Green,
            Hue::Kernel => Self::Magenta,
            Hue::Runnable => Self::Yellow,
            Hue::Blocked => Self::Blue,
            Hue::Unknown => Self::Red,
        }
    }
}

/// Text between the codes of its ink, or as it is.
pub(super) fn paint(text: &str, ink: Ink, style: &Style) -> String {
    let code = match ink {
        Ink::Plain => "",
        Ink::Bold => "1",
        Ink::Dim => "2",
        Ink::Red => "31",
        Ink::Green => "32",
        Ink::Yellow => "33",
        Ink::Blue => "34",
        Ink::Magenta => "35",
        Ink::Alarm => "1;31",
    };
    // Spaces need no paint, and a line's end none that trimming would have to find.
    let body = text.trim();
    if code.is_empty() || body.is_empty() || !style.color {
        return text.to_owned();
    }
    let (before, after) = text.split_once(body).expect("trimmed text is part of it");
    format!("{before}\x1b[{code}m{body}\x1b[0m{after}")
}
