//! Which arms run together: claims of one group are judged from the same rounds.

use super::estimate::duplicate;
use crate::model::{Arm, Claim, Rounds, Test};

/// Arms that run in the same rounds, and the claims that are judged from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name: that of the first claim in it.
    pub name: String,
    /// The claims.
    pub claims: Vec<Claim>,
    /// Every arm once, and then the arms that are run a second time in each round to see the noise.
    pub arms: Vec<PlannedArm>,
    /// How often.
    pub rounds: Rounds,
}

/// One arm of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedArm {
    /// What runs.
    pub arm: Arm,
    /// The arm it repeats.
    pub duplicate_of: Option<String>,
}

impl Group {
    /// Whether a verdict rests on a count in the bare runs.
    pub fn counts(&self) -> bool {
        let tests = self.claims.iter().flat_map(|claim| &claim.propositions).map(|p| &p.test);
        tests.into_iter().any(|test| matches!(test, Test::Exact { quantity, .. } if !quantity.counted()))
    }

    /// The arms whose counters a verdict rests on: their profiled runs are repeated.
    pub fn counted_arms(&self) -> Vec<String> {
        let tests = self.claims.iter().flat_map(|claim| &claim.propositions).map(|p| &p.test);
        let counted = tests.filter(|test| match test {
            Test::Effect { quantity, .. } | Test::Exact { quantity, .. } => quantity.counted(),
            Test::Share { .. } => false,
        });
        counted.flat_map(Test::arms).map(str::to_string).collect()
    }
}

/// The groups of the claims given, in their order.
pub fn groups(claims: Vec<Claim>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for claim in claims {
        let at = groups.iter().position(|group| group.name == claim.group).unwrap_or_else(|| {
            let rounds = claim.rounds;
            groups.push(Group { name: claim.group.clone(), claims: vec![], arms: vec![], rounds });
            groups.len() - 1
        });
        let group = &mut groups[at];
        for arm in &claim.arms {
            if group.arms.iter().all(|planned| planned.arm.name != arm.name) {
                group.arms.push(PlannedArm { arm: arm.clone(), duplicate_of: None });
            }
        }
        group.rounds = longer(group.rounds, claim.rounds);
        group.claims.push(claim);
    }
    groups.iter_mut().for_each(add_duplicates);
    groups
}

/// The rounds that serve both.
fn longer(a: Rounds, b: Rounds) -> Rounds {
    match (a, b) {
        (Rounds::Timed { noise: x }, Rounds::Timed { noise: y }) => {
            Rounds::Timed { noise: [x, y].into_iter().flatten().reduce(f64::min) }
        }
        (timed @ Rounds::Timed { .. }, _) | (_, timed @ Rounds::Timed { .. }) => timed,
        (Rounds::Few, _) | (_, Rounds::Few) => Rounds::Few,
        (Rounds::Counted, _) | (_, Rounds::Counted) => Rounds::Counted,
        (Rounds::Once, Rounds::Once) => Rounds::Once,
    }
}

fn add_duplicates(group: &mut Group) {
    if !matches!(group.rounds, Rounds::Timed { .. }) {
        return;
    }
    for name in group.claims.iter().filter_map(Claim::baseline_arm) {
        let again = duplicate(name);
        let original = group.arms.iter().find(|planned| planned.arm.name == name);
        let planned = group.arms.iter().any(|planned| planned.arm.name == again);
        if let (Some(original), false) = (original, planned) {
            let arm = Arm { name: again, source: original.arm.source.clone(), heavy: original.arm.heavy };
            group.arms.push(PlannedArm { arm, duplicate_of: Some(name.to_string()) });
        }
    }
}
