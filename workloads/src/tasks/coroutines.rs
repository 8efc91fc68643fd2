//! Tasks that switch among themselves in user mode: async tasks polled by hand, with no kernel in between.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "coroutines",
    concept: "tasks can take turns in user mode: a switch between coroutines is a return and a call, not a kernel entry",
    unit: "switch",
    parameters: &[
        Parameter { name: "tasks", default: "2", kind: Kind::Integer { min: 2, max: 1024 }, help: "coroutines" },
        Parameter {
            name: "n",
            default: "5M",
            kind: Kind::Integer { min: 1, max: 1_000_000_000 },
            help: "switches in all",
        },
    ],
    exercises: &["syscalls", "switches:voluntary"],
    needs: &[],
    run,
};

/// Gives up the turn once.
fn pass_on() -> impl Future<Output = ()> {
    let mut passed = false;
    poll_fn(move |_| {
        if passed {
            return Poll::Ready(());
        }
        passed = true;
        Poll::Pending
    })
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (tasks, n) = (arguments.number("tasks"), arguments.number("n"));
    let rounds = n.div_ceil(tasks);
    let turns = Rc::new(Cell::new(0u64));
    // The sequence of turns folds into one word, so that a turn out of order shows.
    let order = Rc::new(Cell::new(0u64));
    let mut running: Vec<Pin<Box<dyn Future<Output = ()>>>> = (0..tasks)
        .map(|task| {
            let (turns, order) = (turns.clone(), order.clone());
            Box::pin(async move {
                for _ in 0..rounds {
                    turns.set(turns.get() + 1);
                    order.set(order.get().wrapping_mul(31).wrapping_add(task));
                    pass_on().await;
                }
            }) as Pin<Box<dyn Future<Output = ()>>>
        })
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut pending = 0u64;
    stage.begin();
    for _ in 0..rounds {
        for task in &mut running {
            pending += u64::from(task.as_mut().poll(&mut context).is_pending());
        }
    }
    stage.end();
    let switches = rounds * tasks;
    ensure(turns.get() == switches && pending == switches, || format!("{} turns of {switches}", turns.get()))?;
    let right = (0..rounds).fold(0u64, |sum, _| (0..tasks).fold(sum, |s, t| s.wrapping_mul(31).wrapping_add(t)));
    ensure(order.get() == right, || "the coroutines took their turns in another order".into())?;
    Ok(stage
        .outcome(switches)
        .expect("syscalls", Relation::Exactly, 0.0)
        .expect("switches:voluntary", Relation::Exactly, 0.0)
        .verified(format!("{switches} turns, in order")))
}
