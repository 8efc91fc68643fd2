//! How a report looks, decided from plain arguments so that a test can decide it too.

/// Widest report: beyond this the eye loses the line.
pub const WIDEST: usize = 100;
/// Narrowest layout: below this lines are left to the terminal to wrap.
pub const NARROWEST: usize = 40;

/// What the tables of calls and tasks are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKey {
    /// Calls by elapsed time, processes and threads by on-CPU time.
    #[default]
    Elapsed,
    /// On-CPU time.
    OnCpu,
    /// Time blocked.
    Blocked,
    /// Run-queue latency.
    Queue,
    /// Number of calls.
    Calls,
    /// Number of errors; processes and threads by on-CPU time.
    Errors,
    /// The longest call; processes and threads by lifetime.
    Max,
    /// Name.
    Name,
}

impl SortKey {
    /// Every key with the name it has on the command line.
    pub const ALL: [(&'static str, Self); 8] = [
        ("elapsed", Self::Elapsed),
        ("on-cpu", Self::OnCpu),
        ("blocked", Self::Blocked),
        ("queue", Self::Queue),
        ("calls", Self::Calls),
        ("errors", Self::Errors),
        ("max", Self::Max),
        ("name", Self::Name),
    ];

    /// The key of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, key)| *key)
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Whether to use characters beyond ASCII.
    pub unicode: bool,
    /// How many lines a table has before the rest is summed in one.
    pub top: usize,
    /// What tables are sorted by.
    pub sort: SortKey,
    /// Whether errors are broken down by errno.
    pub errors: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: WIDEST, color: false, unicode: true, top: 15, sort: SortKey::Elapsed, errors: false }
    }
}

impl Style {
    /// The style for a place to write to. `terminal` is its width if it is a terminal, `no_color` and `term` are the
    /// environment's NO_COLOR and TERM, `locale` the first of LC_ALL, LC_CTYPE and LANG that is set and not empty.
    pub fn decide(
        choice: ColorChoice,
        terminal: Option<usize>,
        no_color: Option<&str>,
        term: Option<&str>,
        locale: Option<&str>,
    ) -> Self {
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            // no-color.org: any value but the empty one asks for no colour.
            ColorChoice::Auto => {
                terminal.is_some() && no_color.is_none_or(str::is_empty) && term.is_some_and(|t| t != "dumb")
            }
        };
        let unicode = locale.is_some_and(|l| {
            let l = l.to_ascii_lowercase();
            l.contains("utf-8") || l.contains("utf8")
        });
        // 0: a terminal that does not know its size, as under some CI runners and serial lines.
        let width = terminal.filter(|w| *w > 0).unwrap_or(WIDEST).clamp(NARROWEST, WIDEST);
        Self { width, color, unicode, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(terminal: Option<usize>, no_color: Option<&str>, term: Option<&str>, locale: Option<&str>) -> Style {
        Style::decide(ColorChoice::Auto, terminal, no_color, term, locale)
    }

    #[test]
    fn a_terminal_gets_colours_and_its_width() {
        let style = auto(Some(80), None, Some("xterm-256color"), Some("en_US.UTF-8"));
        assert_eq!((style.width, style.color, style.unicode), (80, true, true));
    }

    #[test]
    fn no_terminal_gets_neither_colours_nor_wrapping() {
        let style = auto(None, None, Some("xterm"), Some("ko_KR.utf8"));
        assert_eq!((style.width, style.color, style.unicode), (100, false, true));
    }

    #[test]
    fn no_color_and_dumb_terminals_are_respected_and_always_overrides() {
        assert!(!auto(Some(80), Some("1"), Some("xterm"), None).color);
        assert!(auto(Some(80), Some(""), Some("xterm"), None).color);
        assert!(!auto(Some(80), None, Some("dumb"), None).color);
        assert!(!auto(Some(80), None, None, None).color);
        assert!(Style::decide(ColorChoice::Always, None, Some("1"), None, None).color);
        assert!(!Style::decide(ColorChoice::Never, Some(80), None, Some("xterm"), None).color);
    }

    #[test]
    fn the_c_locale_gets_ascii() {
        assert!(!auto(Some(80), None, None, Some("C")).unicode);
        assert!(!auto(Some(80), None, None, None).unicode);
        assert!(auto(Some(80), None, None, Some("C.UTF-8")).unicode);
    }

    #[test]
    fn widths_are_bounded_on_both_sides() {
        assert_eq!(auto(Some(300), None, None, None).width, 100);
        assert_eq!(auto(Some(10), None, None, None).width, 40);
        assert_eq!(auto(Some(0), None, None, None).width, 100);
    }

    #[test]
    fn every_sort_key_is_found_by_its_name() {
        for (name, key) in SortKey::ALL {
            assert_eq!(SortKey::from_name(name), Some(key));
        }
        assert_eq!(SortKey::from_name("nonsense"), None);
    }
}
