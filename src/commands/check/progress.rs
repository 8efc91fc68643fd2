//! The progress bar of a check: the claim, the round, the time left. On a terminal only.

use crate::experiment::{Group, Progress};
use crate::model::Lang;
use crate::subject::Signals;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Steps of the bar for each group of claims.
const STEPS: u64 = 100;

/// The bar, and whether somebody wants to stop.
pub struct Bar {
    bar: ProgressBar,
    lang: Lang,
    begun: Instant,
    time: Duration,
    done: u32,
    of: u32,
    signals: Rc<RefCell<Signals>>,
    interrupted: Rc<Cell<bool>>,
}

impl Bar {
    /// A bar on stderr if that is a terminal. It never draws by itself between rounds: that would disturb them.
    pub fn new(lang: Lang, time: Duration, signals: Rc<RefCell<Signals>>, interrupted: Rc<Cell<bool>>) -> Self {
        let seen = std::io::stderr().is_terminal();
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self { bar, lang, begun: Instant::now(), time, done: 0, of: 1, signals, interrupted }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// About how long it will take yet: as long for each group to come as for those done, at most the time allowed.
    fn left(&self) -> Duration {
        let spent = self.begun.elapsed();
        let allowed = self.time.saturating_sub(spent);
        if self.done == 0 { allowed } else { (spent / self.done * (self.of - self.done)).min(allowed) }
    }

    fn say(&self, group: &Group, rounds: Option<(u64, u64)>) {
        let ids: Vec<&str> = group.claims.iter().map(|claim| claim.id.as_str()).collect();
        let title = group.claims.first().map_or("", |claim| claim.title.say(self.lang));
        let left = self.left().as_secs();
        let (round, time) = match self.lang {
            Lang::En => ("round", format!("about {left} s left")),
            Lang::Ko => ("라운드", format!("약 {left}초 남음")),
        };
        let rounds = rounds.map(|(kept, wanted)| format!("  {round} {kept}/{wanted}")).unwrap_or_default();
        self.bar.set_message(format!("{}  {title}{rounds}  {time}", ids.join(" ")));
    }
}

impl Progress for Bar {
    fn group(&mut self, group: &Group, done: u32, of: u32) {
        (self.done, self.of) = (done, of);
        self.bar.set_length(u64::from(of) * STEPS);
        self.bar.set_position(u64::from(done) * STEPS);
        self.say(group, None);
    }

    fn round(&mut self, group: &Group, kept: u64, wanted: u64) {
        self.bar.set_position(u64::from(self.done) * STEPS + kept * STEPS / wanted.max(1));
        self.say(group, Some((kept, wanted)));
    }

    fn interrupted(&mut self) -> bool {
        if !self.signals.borrow_mut().take().is_empty() {
            self.interrupted.set(true);
        }
        self.interrupted.get()
    }
}
