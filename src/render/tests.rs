//! Whole reports of hand-built profiles.

use super::*;

#[test]
fn a_profile_read_back_from_json_is_the_same() {
    for (name, saved) in fixture::all() {
        let text = profile(&saved, Format::Json, &Style::default()).unwrap();
        assert_eq!(parse(&text).unwrap(), saved, "{name}");
    }
}

#[test]
fn every_format_renders_every_profile_or_says_what_was_not_measured() {
    for (name, given) in fixture::all() {
        for format in Format::ALL {
            match profile(&given, *format, &Style::default()) {
                Ok(text) => assert!(text.ends_with('\n'), "{name} {}", format.name()),
                Err(e) => assert!(e.to_string().contains("needs tier bpf"), "{name} {}: {e}", format.name()),
            }
        }
    }
}

/// A name and how it looks.
const STYLES: [(&str, Style); 4] = [
    ("100", Style { width: 100, color: false, unicode: true, top: 15, sort: SortKey::Elapsed, errors: true }),
    ("80", Style { width: 80, color: false, unicode: true, top: 5, sort: SortKey::OnCpu, errors: false }),
    ("40_ascii", Style { width: 40, color: false, unicode: false, top: 3, sort: SortKey::Calls, errors: true }),
    ("80_color", Style { width: 80, color: true, unicode: true, top: 3, sort: SortKey::Elapsed, errors: false }),
];

#[test]
fn tables_look_as_they_did() {
    for (name, given) in fixture::all() {
        for (look, style) in STYLES {
            let text = profile(&given, Format::Table, &style).unwrap();
            insta::assert_snapshot!(format!("table_{name}_{look}"), text);
        }
    }
}

#[test]
fn files_look_as_they_did() {
    for (name, given) in
        [("normal", fixture::normal()), ("partial", fixture::partial()), ("hostile", fixture::hostile())]
    {
        for format in [Format::Csv, Format::CsvThreads, Format::Markdown] {
            let text = profile(&given, format, &Style { top: 5, ..Style::default() }).unwrap();
            insta::assert_snapshot!(format!("{}_{name}", format.name()), text);
        }
    }
    insta::assert_snapshot!(
        "markdown_plain_user",
        profile(&fixture::plain_user(), Format::Markdown, &Style::default()).unwrap()
    );
}

#[test]
fn no_line_is_wider_than_asked_for() {
    for (name, given) in fixture::all() {
        for width in NARROWEST..=WIDEST {
            for unicode in [true, false] {
                let style = Style { width, unicode, errors: true, ..Style::default() };
                for line in profile(&given, Format::Table, &style).unwrap().lines() {
                    assert!(text::width(line) <= width, "{name} at {width}, unicode {unicode}: {line}");
                }
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    for (name, given) in fixture::all() {
        for width in [40, 80, 100] {
            let plain = Style { width, ..Style::default() };
            let colored = profile(&given, Format::Table, &Style { color: true, ..plain }).unwrap();
            let bare = without_colors(&colored);
            assert_eq!(bare, profile(&given, Format::Table, &plain).unwrap(), "{name} at {width}");
            assert_ne!(bare, colored, "{name} has colours");
        }
    }
}

/// Takes out what `paint` puts in, and nothing else.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |mut out, part| {
        let (code, rest) = part.split_once('m').expect("a colour ends in m");
        assert!(code.chars().all(|c| c.is_ascii_digit() || c == ';'), "no colour: {code:?}");
        out.push_str(rest);
        out
    })
}

#[test]
fn no_name_reaches_the_terminal_raw() {
    let given = fixture::hostile();
    for unicode in [true, false] {
        let text = profile(&given, Format::Table, &Style { unicode, errors: true, ..Style::default() }).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "a control character in {text:?}");
        assert!(unicode || text.is_ascii());
        assert!(!text.contains('\u{202e}'));
    }
    for format in [Format::Csv, Format::CsvThreads, Format::Markdown] {
        let text = profile(&given, format, &Style::default()).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "a control character in {}", format.name());
    }
}

#[test]
fn no_name_is_a_formula_or_markup() {
    let given = fixture::hostile();
    let text = profile(&given, Format::CsvThreads, &Style::default()).unwrap();
    for record in ::csv::Reader::from_reader(text.as_bytes()).records() {
        for field in record.unwrap().iter().filter(|f| f.parse::<i64>().is_err()) {
            assert!(!field.starts_with(['=', '+', '-', '@']), "{field}");
        }
    }
    let text = profile(&given, Format::Markdown, &Style::default()).unwrap();
    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
    let columns = |l: &str| l.replace("\\|", "").matches('|').count();
    let processes =
        text.lines().skip_while(|l| !l.contains("### Processes")).skip(2).take_while(|l| l.starts_with('|'));
    let columns: std::collections::BTreeSet<usize> = processes.map(columns).collect();
    assert_eq!(columns.len(), 1, "every line has as many columns as the others");
}

#[test]
fn the_largest_numbers_do_no_harm() {
    // A file given to `osmeter report` can hold anything that fits the schema.
    for (name, given) in fixture::all() {
        let mut value = serde_json::to_value(&given).unwrap();
        grow(&mut value);
        let Ok(given) = parse(&value.to_string()) else { continue };
        for format in Format::ALL {
            if let Ok(text) = profile(&given, *format, &Style::default()) {
                assert!(!text.is_empty(), "{name}");
            }
        }
    }
}

/// Sets every number of at least 64 bits to the largest.
fn grow(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Array(items) => items.iter_mut().for_each(grow),
        Value::Object(fields) => {
            let small = ["tgid", "tid", "parent_tgid", "number", "cpus", "cpus_allowed", "status", "signal"];
            for (_, field) in fields.iter_mut().filter(|(name, _)| !small.contains(&name.as_str())) {
                grow(field);
            }
        }
        Value::Number(n) if n.is_u64() => *value = u64::MAX.into(),
        _ => {}
    }
}
