//! Every claim is well formed, and every arm names a workload with parameters that it takes.

use super::all;
use crate::model::{Claim, Metric, Quantity, Role, Rounds, Source, Test, Text};
use std::collections::HashSet;

fn hangul(text: &Text) -> bool {
    text.ko.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
}

#[test]
fn every_row_of_the_notes_is_there_once_and_in_order() {
    let ids: Vec<String> = all().into_iter().map(|claim| claim.id).collect();
    let rows = |letter: &str, n: usize| (1..=n).map(|i| format!("{letter}{i}")).collect::<Vec<_>>();
    let expected = [rows("P", 7), rows("T", 8), rows("S", 3), rows("A", 4), rows("U", 10), rows("K", 9)].concat();
    assert_eq!(ids, expected);
}

#[test]
fn every_claim_is_said_in_english_and_korean() {
    for claim in all() {
        for text in [&claim.title, &claim.statement, &claim.refuted_by] {
            assert!(!text.en.is_empty() && hangul(text), "{}: {text:?}", claim.id);
        }
        for text in claim.propositions.iter().map(|p| &p.text).chain(&claim.nuance).chain(&claim.untestable) {
            assert!(!text.en.is_empty() && hangul(text), "{}: {text:?}", claim.id);
        }
        assert!(claim.title.en.chars().count() <= 44, "{}: the title is too long for a table", claim.id);
    }
}

#[test]
fn every_claim_has_one_primary_proposition_and_it_comes_first() {
    for claim in all() {
        let primary = claim.propositions.iter().filter(|p| p.role == Role::Primary).count();
        let needed = usize::from(claim.untestable.is_none() || !claim.propositions.is_empty());
        assert_eq!(primary, needed, "{}", claim.id);
        assert!(claim.propositions.first().is_none_or(|p| p.role == Role::Primary), "{}", claim.id);
        let ids: HashSet<&str> = claim.propositions.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids.len(), claim.propositions.len(), "{}: two propositions share an id", claim.id);
    }
}

#[test]
fn every_proposition_names_arms_that_exist_and_every_arm_is_used() {
    for claim in all() {
        let arms: HashSet<&str> = claim.arms.iter().map(|arm| arm.name.as_str()).collect();
        assert_eq!(arms.len(), claim.arms.len(), "{}: two arms share a name", claim.id);
        let used: HashSet<&str> = claim.propositions.iter().flat_map(|p| p.test.arms()).collect();
        assert!(used.is_subset(&arms), "{}: {:?}", claim.id, used.difference(&arms));
        assert!(arms.is_subset(&used), "{}: {:?}", claim.id, arms.difference(&used));
    }
}

#[test]
fn claims_that_share_rounds_agree_on_their_arms() {
    let claims = all();
    for claim in &claims {
        assert!(claims.iter().any(|other| other.id == claim.group), "{}: no claim {}", claim.id, claim.group);
        for other in claims.iter().filter(|other| other.group == claim.group) {
            for (a, b) in claim.arms.iter().flat_map(|a| other.arms.iter().map(move |b| (a, b))) {
                assert!(a.name != b.name || a == b, "{} and {}: {}", claim.id, other.id, a.name);
            }
        }
    }
}

#[test]
fn every_arm_is_a_workload_with_parameters_that_it_takes() {
    for claim in all() {
        for arm in &claim.arms {
            let Source::Workload { name, parameters } = &arm.source else { continue };
            let workload = osmeter_workloads::find(name).unwrap_or_else(|| panic!("{}: no workload {name}", claim.id));
            // 'two' is put in as a list of CPUs when the arm runs.
            let known = parameters.iter().filter(|(key, value)| (key.as_str(), value.as_str()) != ("cpu", "two"));
            let given: Vec<String> = known.map(|(key, value)| format!("{key}={value}")).collect();
            if let Err(error) = osmeter_workloads::Arguments::parse(workload, &given) {
                panic!("{} {}: {error}", claim.id, arm.name);
            }
        }
    }
}

/// A ratio of counted values, or a difference of zero, has no meaning on the logarithmic scale; a yes-or-no claim needs
/// repeats.
#[test]
fn every_test_suits_its_rounds() {
    for claim in all() {
        for proposition in &claim.propositions {
            let sound = match &proposition.test {
                Test::Effect { quantity, .. } => matches!(claim.rounds, Rounds::Timed { .. }) && !quantity.counted(),
                Test::Exact { .. } => !matches!(claim.rounds, Rounds::Once),
                Test::Share { .. } => true,
            };
            assert!(sound, "{} {}", claim.id, proposition.id);
        }
        check_baseline(&claim);
    }
}

/// A timing is worth nothing without the noise beside it.
fn check_baseline(claim: &Claim) {
    let Some(Test::Effect { quantity: Quantity::Ratio(..), .. }) = claim.primary().map(|p| &p.test) else { return };
    assert!(claim.baseline_arm().is_some(), "{}: the primary ratio has no arm to run twice", claim.id);
    assert!(!matches!(claim.baseline(), Some(Quantity::Of(_, Metric::Counted(_)))), "{}", claim.id);
}
