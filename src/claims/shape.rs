//! Short forms for writing a claim down.

use crate::model::{
    Arm, Claim, Counted, Heading, Metric, Proposition, Quantity, Role, Rounds, Scale, Section, Source, Test, Text,
    Threshold, Topic,
};

/// A share of a round's wall time that others may use before it is dropped.
pub const STILL: Rounds = Rounds::Timed { noise: Some(0.02) };
/// The same where kernel threads do a part of the arms' own work: the end of processes, packets, writing to disk.
pub const STILL_BUT_KERNEL: Rounds = Rounds::Timed { noise: Some(0.05) };
/// A median that others at work do not change.
pub const ANY_TIME: Rounds = Rounds::Timed { noise: None };

/// A claim with the fields that every one has; what varies is added by the methods below.
pub fn claim(id: &str, topic: Topic, heading: Heading, rounds: Rounds) -> Draft {
    let empty = || Text::new("", "");
    Draft(Claim {
        id: id.into(),
        section: Section { topic, heading },
        title: empty(),
        statement: empty(),
        refuted_by: empty(),
        group: id.into(),
        arms: Vec::new(),
        rounds,
        propositions: Vec::new(),
        untestable: None,
        nuance: None,
    })
}

/// A claim being written.
pub struct Draft(Claim);

impl Draft {
    /// A few words for a table.
    pub fn title(mut self, en: &str, ko: &str) -> Self {
        self.0.title = Text::new(en, ko);
        self
    }

    /// The whole claim.
    pub fn says(mut self, en: &str, ko: &str) -> Self {
        self.0.statement = Text::new(en, ko);
        self
    }

    /// What would refute it.
    pub fn refuted_by(mut self, en: &str, ko: &str) -> Self {
        self.0.refuted_by = Text::new(en, ko);
        self
    }

    /// What to bear in mind.
    pub fn nuance(mut self, en: &str, ko: &str) -> Self {
        self.0.nuance = Some(Text::new(en, ko));
        self
    }

    /// Why no run can judge it.
    pub fn untestable(mut self, en: &str, ko: &str) -> Self {
        self.0.untestable = Some(Text::new(en, ko));
        self
    }

    /// Judged from the rounds of another claim.
    pub fn with_rounds_of(mut self, group: &str) -> Self {
        self.0.group = group.into();
        self
    }

    /// What runs.
    pub fn arms(mut self, arms: impl IntoIterator<Item = Arm>) -> Self {
        self.0.arms.extend(arms);
        self
    }

    /// The proposition that is the claim.
    pub fn primary(self, id: &str, text: (&str, &str), test: Test) -> Self {
        self.ask(Role::Primary, id, text, test)
    }

    /// One that the claim makes as well.
    pub fn part(self, id: &str, text: (&str, &str), test: Test) -> Self {
        self.ask(Role::Part, id, text, test)
    }

    /// One that has to hold, or the experiment shows nothing.
    pub fn control(self, id: &str, text: (&str, &str), test: Test) -> Self {
        self.ask(Role::Control, id, text, test)
    }

    /// One shown beside the verdict.
    pub fn beside(self, id: &str, text: (&str, &str), test: Test) -> Self {
        self.ask(Role::Nuance, id, text, test)
    }

    fn ask(mut self, role: Role, id: &str, (en, ko): (&str, &str), test: Test) -> Self {
        self.0.propositions.push(Proposition { id: id.into(), text: Text::new(en, ko), role, test });
        self
    }

    /// The claim.
    pub fn done(self) -> Claim {
        self.0
    }
}

/// An arm that runs a workload.
pub fn arm(name: &str, workload: &str, parameters: &[(&str, &str)]) -> Arm {
    let parameters = parameters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    Arm { name: name.into(), source: Source::Workload { name: workload.into(), parameters }, heavy: false }
}

/// The same, left out of the short check.
pub fn heavy(arm: Arm) -> Arm {
    Arm { heavy: true, ..arm }
}

/// `over` / `under` by wall time an operation.
pub fn slower(over: &str, under: &str, threshold: Threshold) -> Test {
    ratio(over, under, Metric::ElapsedPerOperation, threshold)
}

/// `over` / `under` by any metric.
pub fn ratio(over: &str, under: &str, metric: Metric, threshold: Threshold) -> Test {
    let quantity = Quantity::of(over, metric.clone()).over(Quantity::of(under, metric));
    Test::Effect { quantity, threshold, scale: Scale::Times }
}

/// The median of a metric of one arm.
pub fn level(arm: &str, metric: Metric, threshold: Threshold, scale: Scale) -> Test {
    Test::Effect { quantity: Quantity::of(arm, metric), threshold, scale }
}

/// A measure that has to be exactly this in each repeat.
pub fn always(arm: &str, measure: &str, value: f64) -> Test {
    counts(arm, measure, Threshold::Within(value, value))
}

/// A measure that has to reach a threshold in each repeat.
pub fn counts(arm: &str, measure: &str, threshold: Threshold) -> Test {
    Test::Exact { quantity: Quantity::of(arm, Metric::Measure(measure.into())), threshold, scale: Scale::Count }
}

/// A measure that equals another one in each repeat: all of those tried.
pub fn all_of(arm: &str, measure: &str, tried: &str) -> Test {
    let of = |name: &str| Quantity::of(arm, Metric::Measure(name.into()));
    let quantity = of(measure).part_of(of(tried));
    Test::Exact { quantity, threshold: Threshold::Within(1.0, 1.0), scale: Scale::Share }
}

/// A counter of the ledger, by operation, in each profiled run.
pub fn ledger(arm: &str, counted: Counted, threshold: Threshold) -> Test {
    Test::Exact { quantity: Quantity::of(arm, Metric::Counted(counted)), threshold, scale: Scale::Count }
}

/// A measure's name as a metric.
pub fn measure(name: &str) -> Metric {
    Metric::Measure(name.into())
}
