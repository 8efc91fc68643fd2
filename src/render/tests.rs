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
