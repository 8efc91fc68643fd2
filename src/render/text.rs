//! Text that others chose (comm, arguments, reasons from the kernel) made safe to print: never a raw control character on a
//! terminal, never a formula in a spreadsheet, never markup in a page; and its width in columns.
//!
//! A process can set its comm to any 15 bytes, so every one of these is an attack someone has made.

use std::borrow::Cow;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Makes control and invisible characters visible: `\n`, `\x1b`, `\u{202e}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| !is_hidden(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) { escape(c, &mut out) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same for a terminal without Unicode: this project's own signs by their ASCII stand-ins, any other character escaped.
pub(crate) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '·' => out.push('|'),
            '–' | '─' => out.push('-'),
            '…' => out.push_str("..."),
            '≥' => out.push_str(">="),
            '×' => out.push('x'),
            ' '..='~' => out.push(c),
            _ => escape(c, &mut out),
        }
    }
    out
}

/// Control characters, and those that change what is seen around them without being seen: bidirectional overrides, zero-width
/// characters (their width differs from terminal to terminal), line and paragraph separators, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn escape(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x100 => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// A command line that can be pasted into a shell again. An argument with control characters is quoted as `$'…'`, so that
/// what is printed is harmless and yet means the same.
pub(crate) fn command_line(argv: &[String]) -> String {
    let quoted = argv.iter().enumerate().map(|(i, arg)| quote(arg, i == 0));
    quoted.collect::<Vec<_>>().join(" ")
}

fn quote(arg: &str, is_program: bool) -> Cow<'_, str> {
    // As few quotes as a person would type: `dd if=/dev/zero`, but as the first word `a=b` would be an assignment.
    let plain = |c: char| c.is_alphanumeric() || "_./:,@%+-".contains(c) || (c == '=' && !is_program);
    if !arg.is_empty() && arg.chars().all(plain) {
        return Cow::Borrowed(arg);
    }
    if !arg.chars().any(is_hidden) {
        return Cow::Owned(format!("'{}'", arg.replace('\'', "'\\''")));
    }
    let mut out = String::from("$'");
    for c in arg.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            // In $'…' a \x takes at most two digits and \u at most four, \U eight.
            c if is_hidden(c) && u32::from(c) >= 0x80 => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c if is_hidden(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('\'');
    Cow::Owned(out)
}

/// A CSV field that no spreadsheet takes for a formula: one that begins as a formula would gets an apostrophe before it.
pub(crate) fn csv_field(text: &str) -> String {
    let text = visible(text);
    // Spreadsheets trim before they look.
    if text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}

/// Text for a GitHub Markdown table cell: nothing in it is markup, a link or a new column.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    // What looks like an address would become a link by itself.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// Columns that a text takes in a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts to at most `columns`, with a mark where something was cut off.
pub(crate) fn cut(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (head, _) = split_at_column(text, columns.saturating_sub(width(mark)));
    format!("{head}{mark}")
}

/// Splits where `column` columns are full. A wide character that would straddle the edge stays right of it.
pub(crate) fn split_at_column(text: &str, column: usize) -> (&str, &str) {
    // Prefixes are measured whole: some characters change width by what follows them (emoji with modifiers).
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| width(&text[..*end]) <= column).last().unwrap_or(0);
    text.split_at(end)
}

/// Words between spaces, a number together with its unit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    const UNITS: [&str; 11] = ["ns", "us", "ms", "s", "B", "KiB", "MiB", "GiB", "TiB", "%", "×"];
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut end = text.find(' ').unwrap_or(text.len());
        if text[..end].ends_with(|c: char| c.is_ascii_digit()) {
            let after = text.get(end + 1..).unwrap_or("");
            let next = &after[..after.find(' ').unwrap_or(after.len())];
            if UNITS.contains(&next.trim_end_matches([',', ';', ':', ')', '.'])) {
                end += 1 + next.len();
            }
        }
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// Breaks into lines at spaces. A word longer than a line is broken where it must be, so that nothing is lost.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = vec![String::new()];
    for word in words(text) {
        let mut word = word;
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && width(last) + 1 + width(word) <= columns {
            last.push(' ');
            last.push_str(word);
            continue;
        }
        if !last.is_empty() {
            lines.push(String::new());
        }
        while width(word) > columns {
            let (head, tail) = split_at_column(word, columns);
            *lines.last_mut().expect("there is always a line") = head.to_owned();
            lines.push(String::new());
            word = tail;
        }
        lines.last_mut().expect("there is always a line").push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\x1b[31mb\n"), "a\\x1b[31mb\\n");
        assert_eq!(visible("x\u{202e}y\u{9b}"), "x\\u{202e}y\\x9b");
        assert_eq!(visible("한글 🦀"), "한글 🦀");
    }

    #[test]
    fn without_unicode_everything_is_ascii() {
        assert_eq!(ascii("≥ 3 · – …"), ">= 3 | - ...");
        assert_eq!(ascii("한"), "\\u{d55c}");
    }

    #[test]
    fn a_command_line_can_be_pasted_again() {
        let argv = |a: &[&str]| command_line(&a.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(argv(&["sh", "-c", "echo hi"]), "sh -c 'echo hi'");
        assert_eq!(argv(&["printf", "a\x1b'\\\n"]), "printf $'a\\x1b\\'\\\\\\n'");
        assert_eq!(argv(&["x", "", "it's", "한글"]), "x '' 'it'\\''s' 한글");
        assert_eq!(argv(&["a=b", "if=/dev/zero", "~", "$HOME", "*"]), "'a=b' if=/dev/zero '~' '$HOME' '*'");
    }

    #[test]
    fn a_formula_is_defused() {
        assert_eq!(csv_field("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_field(" @SUM(1)"), "' @SUM(1)");
        assert_eq!(csv_field("futex"), "futex");
    }

    #[test]
    fn markup_is_defused() {
        assert_eq!(markdown("<script>|a`b"), "&lt;script&gt;\\|a\\`b");
        assert_eq!(markdown("[x](http://y)"), "\\[x\\](http&#58;//y)");
    }

    #[test]
    fn wide_characters_count_two_columns_and_are_not_halved() {
        assert_eq!(width("한글"), 4);
        assert_eq!(cut("한글한글", 5, "…"), "한글…");
        assert_eq!(cut("한글한글", 4, "…"), "한…");
        assert_eq!(split_at_column("한글", 3), ("한", "글"));
    }

    #[test]
    fn a_number_is_not_parted_from_its_unit() {
        assert_eq!(wrap("in all 2.01 s: so", 12), ["in all", "2.01 s: so"]);
        assert_eq!(wrap("", 12), [""]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_printed_controls_a_terminal(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(char::is_control));
            prop_assert!(ascii(&visible(&text)).bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert!(!command_line(std::slice::from_ref(&text)).chars().any(char::is_control));
        }

        #[test]
        fn a_shell_splits_a_quoted_command_line_as_it_was(argv in proptest::collection::vec("[a-z'\"$*=~\\\\ ;한]{0,8}", 1..5)) {
            prop_assert_eq!(shlex::split(&command_line(&argv)), Some(argv));
        }

        #[test]
        fn wrapping_loses_nothing_and_stays_inside(text in "[a-z한 ]{0,80}", columns in 8usize..40) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|l| width(l) <= columns));
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
