//! The bench that is this machine: bare runs of osmeter's own binary, profiled runs under the ledger, throwaway guests.

use crate::cli::{Check, TierName};
use crate::commands::instrument::{Instrument, Opens, Until};
use crate::commands::measure;
use crate::experiment::{Bench, BenchError, Guest, OwnBinary, Run, arguments, mechanism};
use crate::model::{self, Arm, Exit, Mechanism, Sample, Source, Subject, Tier};
use crate::subject::{self, Signals, Spec};
use osmeter_workloads::MARK_SYSCALL;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// This machine.
pub struct Machine {
    own: OwnBinary,
    guest: Guest,
    signals: Rc<RefCell<Signals>>,
    interrupted: Rc<Cell<bool>>,
    /// Why nothing can be profiled here, once that is known.
    no_ledger: Option<String>,
}

impl Machine {
    /// The bench for a check.
    pub fn new(args: &Check, signals: Rc<RefCell<Signals>>, interrupted: Rc<Cell<bool>>) -> Self {
        // The link is resolved in the child, whose own executable this still is: also where the file was replaced.
        let own = OwnBinary { path: "/proc/self/exe".into() };
        Self { own, guest: Guest::new(args.guest_kernel.clone()), signals, interrupted, no_ledger: None }
    }

    /// Asks a program inside the kernel to read the kernel's own account of a thread, which lies in kernel memory.
    fn kernel_probe(&mut self) -> Result<Run, BenchError> {
        let parameters = vec![("kind".to_string(), "getppid".to_string()), ("n".to_string(), "1k".to_string())];
        let source = Source::Workload { name: "syscalls".into(), parameters };
        let mechanism = self.profiled(&Arm { name: "kernel probe".into(), source, heavy: false })?;
        let read = mechanism.tier == Tier::Bpf.name()
            && mechanism.counters.iter().any(|(what, _)| *what == model::Counted::VoluntarySwitches);
        if !read {
            return Err(BenchError::Unavailable("a BPF program: root, or cap_bpf and cap_perfmon".into()));
        }
        let measures = BTreeMap::from([("read".to_string(), 1.0)]);
        Ok(Run {
            sample: Sample { operations: 1, measures, ..Sample::default() },
            verification: "the ledger's BPF program read the thread's counts from its task_struct".into(),
            notes: BTreeMap::new(),
        })
    }
}

impl Bench for Machine {
    fn bare(&mut self, arm: &Arm) -> Result<Run, BenchError> {
        match &arm.source {
            Source::Workload { .. } => self.own.bare(arm),
            Source::Guest { experiment } => self.guest.run(experiment),
            Source::KernelProbe { .. } => self.kernel_probe(),
        }
    }

    fn profiled(&mut self, arm: &Arm) -> Result<Mechanism, BenchError> {
        if let Some(why) = &self.no_ledger {
            return Err(BenchError::Unavailable(why.clone()));
        }
        let words = arguments(arm)?;
        let failed = |error: anyhow::Error| BenchError::Failed(format!("{error:#}"));
        let mark = u32::try_from(MARK_SYSCALL).map_err(|error| failed(error.into()))?;
        // A lower tier sees the whole process and not the window: worse than nothing here.
        let instrument = Instrument::choose(Some(TierName::Bpf), Opens::AtMark(mark)).map_err(|error| {
            let why = format!("{error:#}");
            self.no_ledger = Some(why.clone());
            BenchError::Unavailable(why)
        })?;
        let (name, parameters) = words.split_first().map_or(("", [].as_slice()), |(n, p)| (n.as_str(), p));
        let gated = subject::spawn(&Spec::workload(name, parameters.to_vec())).map_err(|error| failed(error.into()))?;
        let tgid = gated.tgid();
        let mut measured =
            measure::measure(instrument, gated, &mut self.signals.borrow_mut(), Until::CommandEnds).map_err(failed)?;
        if let Some(why) = measured.partial.take() {
            self.interrupted.set(true);
            return Err(BenchError::Failed(why));
        }
        let exit = measured.reaped.take().map_or(Exit::Running, |reaped| reaped.exit);
        let report = measured.report.take();
        let operations = report.as_ref().and_then(|report| report.get("operations")?.as_u64());
        let Some(operations) = operations.filter(|n| *n > 0) else {
            return Err(BenchError::Failed(format!("{} did no operation", words.join(" "))));
        };
        let command = model::Command {
            argv: words.clone(),
            cwd: measure::working_directory(),
            tgid,
            subject: Subject::Workload { name: name.into(), parameters: Vec::new(), report },
            exit,
        };
        Ok(mechanism(&measure::profile(measured, command), operations))
    }
}
