//! What a run is measured with: the best tier that works, found by setting it up, and what the better ones said.
//!
//! Owns the choice and hides it from the order of events in `measure`.

use crate::cli::TierName;
use crate::collect::basic;
#[cfg(feature = "bpf")]
use crate::collect::bpf::{BpfLedger, Readings};
use crate::collect::counters::{CounterReadings, Counters, Which};
use crate::collect::proc::{self, TreeSampler};
use crate::collect::run::Run;
use crate::collect::target::{Collector, Target};
use crate::host;
use crate::model::{Host, Profile, Reading, Tier, TierRefusal, TreeMemory};
#[cfg(feature = "bpf")]
use crate::sys::bpf::OpensAt;
#[cfg(feature = "bpf")]
use anyhow::Context;
use anyhow::{Result, bail};
use std::os::fd::BorrowedFd;

/// When the measured window of a gated process opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// With its program.
    AtExec,
    /// At once, on a process that runs already.
    Now,
    /// With this marking system call, where the tier sees system calls.
    AtMark(u32),
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The command has ended.
    CommandEnds,
    /// It and all its descendants have.
    AllEnd,
}

/// The collectors of one run.
pub struct Instrument {
    ledger: Ledger,
    counters: Option<Counters>,
    sampler: Option<TreeSampler>,
    host: Host,
    refused: Vec<TierRefusal>,
}

/// The tier's own collector.
enum Ledger {
    #[cfg(feature = "bpf")]
    Bpf(Box<BpfLedger>),
    /// Nothing beside counters, memory and wait4.
    None,
}

/// What all of them read.
pub struct Finished {
    ledger: LedgerReadings,
    counters: CounterReadings,
    tree: Reading<TreeMemory>,
    host: Host,
    refused: Vec<TierRefusal>,
}

enum LedgerReadings {
    #[cfg(feature = "bpf")]
    Bpf(Box<Readings>),
    None,
}

impl Instrument {
    /// Sets up the tier asked for, or the best that works.
    pub fn choose(wanted: Option<TierName>, opens: Opens) -> Result<Self> {
        let host = host::describe();
        let (ledger, refused) = match wanted {
            Some(TierName::Basic) => (Ledger::None, Vec::new()),
            Some(TierName::Bpf) => match load(opens) {
                Ok(ledger) => (ledger, Vec::new()),
                Err(TierRefusal { why, remedy: Some(remedy), .. }) => bail!("tier bpf: {why}; to allow it: {remedy}"),
                Err(TierRefusal { why, .. }) => bail!("tier bpf: {why}"),
            },
            None => match load(opens) {
                Ok(ledger) => (ledger, Vec::new()),
                Err(refusal) => (Ledger::None, vec![refusal]),
            },
        };
        Ok(Self { ledger, counters: None, sampler: None, host, refused })
    }

    /// The tier.
    pub fn tier(&self) -> Tier {
        match self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(_) => Tier::Bpf,
            Ledger::None => Tier::Basic,
        }
    }

    /// Whether the tier can tell when that has ended.
    pub fn check(&self, until: Until) -> Result<()> {
        if until == Until::AllEnd && self.live_threads().is_none() {
            bail!("--wait all needs tier bpf, which sees the descendants: run osmeter as root, or without --wait all");
        }
        Ok(())
    }

    /// Gets ready on a child that waits at its gate.
    pub fn arm_gated(
        &mut self,
        #[allow(unused_variables)] pidfd: BorrowedFd<'_>, // the ledger's
        tgid: u32,
    ) -> Result<()> {
        self.arm_counters(Which::BesideWait4, Target::gated(tgid));
        match &mut self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => ledger.arm_gated(pidfd, tgid).context("cannot measure the command"),
            Ledger::None => Ok(()),
        }
    }

    /// Begins with a process that runs already.
    pub fn arm_running(&mut self, tgid: u32) -> Result<()> {
        self.arm_counters(Which::All, Target::running(tgid));
        self.started(tgid);
        match &mut self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => ledger.arm_running(tgid).context("cannot measure the process"),
            Ledger::None => Ok(()),
        }
    }

    fn arm_counters(&mut self, without_ledger: Which, target: Target) {
        // The ledger reads the kernel's own software counts, which cost nothing.
        let which = if self.tier() == Tier::Bpf { Which::Hardware } else { without_ledger };
        self.counters.insert(Counters::new(which, &self.host)).arm(target);
    }

    /// Once the gate is open. Before, the child has osmeter's own memory.
    pub fn started(&mut self, tgid: u32) {
        self.sampler = TreeSampler::start(tgid, proc::Kind::Rss).ok();
    }

    /// Readable when there is something to [`Instrument::drain`].
    pub fn ready_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => Some(ledger.ready_fd()),
            Ledger::None => None,
        }
    }

    /// Takes in the records of finished threads.
    pub fn drain(&mut self) -> Result<()> {
        match &mut self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => ledger.drain().context("cannot read finished threads"),
            Ledger::None => Ok(()),
        }
    }

    /// Threads of the tree that have not ended. None if the tier does not know.
    pub fn live_threads(&self) -> Option<i64> {
        match &self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => Some(ledger.live_threads()),
            Ledger::None => None,
        }
    }

    /// Whether the leader's last switch has been counted.
    pub fn has_ended(&self, #[allow(unused_variables)] tgid: u32) -> bool {
        match &self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => ledger.has_ended(tgid),
            Ledger::None => true,
        }
    }

    /// Stops and reads.
    pub fn finish(self) -> Result<Finished> {
        let ledger = match self.ledger {
            #[cfg(feature = "bpf")]
            Ledger::Bpf(ledger) => LedgerReadings::Bpf(Box::new(ledger.finish().context("cannot read the ledger")?)),
            Ledger::None => LedgerReadings::None,
        };
        let not_sampled = || Reading::missing("not sampled");
        Ok(Finished {
            ledger,
            counters: self.counters.unwrap_or_else(|| Counters::new(Which::Hardware, &self.host)).finish(),
            tree: self.sampler.map_or_else(not_sampled, |sampler| sampler.finish(proc::Kind::Rss)),
            host: self.host,
            refused: self.refused,
        })
    }
}

impl Finished {
    /// The largest process that the ledger saw, in bytes and by name.
    pub fn largest_process(&self) -> Option<(u64, String)> {
        match &self.ledger {
            #[cfg(feature = "bpf")]
            LedgerReadings::Bpf(readings) => {
                readings.processes.iter().filter_map(|p| Some((p.peak_rss_bytes.get()?, p.comm.clone()))).max()
            }
            LedgerReadings::None => None,
        }
    }

    /// The profile of the run that `about` tells the rest of. `elapsed_ns` counts where no ledger has timed the window.
    pub fn profile(self, elapsed_ns: u64, about: impl FnOnce(Host, Vec<TierRefusal>) -> Run) -> Profile {
        let mut run = about(self.host, self.refused);
        run.memory.tree = self.tree;
        match self.ledger {
            #[cfg(feature = "bpf")]
            LedgerReadings::Bpf(readings) => {
                run.counters = self.counters.counters;
                run.ipc = self.counters.ipc;
                crate::collect::profile::from_bpf(*readings, run)
            }
            LedgerReadings::None => basic::profile(self.counters, elapsed_ns, run),
        }
    }
}

#[cfg(feature = "bpf")]
fn load(opens: Opens) -> Result<Ledger, TierRefusal> {
    let at = match opens {
        Opens::AtExec | Opens::Now => OpensAt::Exec,
        Opens::AtMark(call) => OpensAt::Mark(call),
    };
    BpfLedger::load(at, opens == Opens::Now).map(|ledger| Ledger::Bpf(Box::new(ledger))).map_err(|error| {
        // The plain words of the kernel's refusal, if that is what it was.
        host::refusal_of_bpf().unwrap_or_else(|| TierRefusal {
            tier: Tier::Bpf,
            why: format!("{error:#}"),
            remedy: None,
        })
    })
}

#[cfg(not(feature = "bpf"))]
fn load(_: Opens) -> Result<Ledger, TierRefusal> {
    Err(host::refusal_of_bpf().unwrap_or_else(|| TierRefusal {
        tier: Tier::Bpf,
        why: "this osmeter was built without it".into(),
        remedy: None,
    }))
}
