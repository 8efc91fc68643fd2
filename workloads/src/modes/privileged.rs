//! Privileged instructions, each in a forked child: every one must fault, for root too.
//!
//! Not here: instructions that the kernel emulates or permits, but for the controls (`cpuid`, `rdtsc`; on aarch64
//! `cntvct_el0`, and `midr_el1`, which the kernel emulates).

use crate::descriptor::{Kind, Need, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::limits;
use crate::tasks::isolation::become_nobody;
use crate::{Arguments, Failure, Outcome, Relation, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "privileged",
    concept: "in user mode the processor itself refuses instructions that touch the machine, whoever runs them",
    unit: "instruction",
    parameters: &[
        Parameter {
            name: "list",
            default: "privileged",
            kind: Kind::Choice(&["privileged", "controls"]),
            help: "instructions that must fault, or controls that must not",
        },
        Parameter {
            name: "as",
            default: "self",
            kind: Kind::Choice(&["self", "nobody"]),
            help: "who executes them: this user, or nobody (as root)",
        },
    ],
    exercises: &["tasks:processes", "syscall:wait4"],
    needs: &[Need::Arch(&["x86_64", "aarch64"])],
    run,
};

/// An instruction's name and a function that executes it.
type Instruction = (&'static str, fn());

/// Functions that execute one instruction each.
macro_rules! instructions {
    ($($name:literal => $($line:literal),+ ; $clobber:tt)*) => {
        &[$(($name, {
            fn execute() {
                // SAFETY: runs in a forked child that does nothing else after it. In user mode the instruction faults,
                // which ends the child; a control only reads into registers that are declared lost.
                unsafe { instructions!(@asm $clobber, $($line),+) }
            }
            execute as fn()
        })),*]
    };
    (@asm none, $($line:literal),+) => { std::arch::asm!($($line),+) };
    (@asm x86, $($line:literal),+) => {
        std::arch::asm!("push rbx", $($line),+, "pop rbx", out("rax") _, out("rcx") _, out("rdx") _)
    };
    (@asm arm, $($line:literal),+) => { std::arch::asm!($($line),+, out("x0") _) };
}

#[cfg(target_arch = "x86_64")]
static PRIVILEGED: &[Instruction] = instructions! {
    "hlt" => "hlt"; x86
    "cli" => "cli"; x86
    "sti" => "sti"; x86
    "in al, 0x80" => "in al, 0x80"; x86
    "out 0x80, al" => "out 0x80, al"; x86
    "mov rax, cr0" => "mov rax, cr0"; x86
    "mov rax, cr3" => "mov rax, cr3"; x86
    "mov cr3, rax" => "xor eax, eax", "mov cr3, rax"; x86
    "mov rax, dr7" => "mov rax, dr7"; x86
    "rdmsr" => "mov ecx, 0x10", "rdmsr"; x86
    "wrmsr" => "mov ecx, 0x10", "xor eax, eax", "xor edx, edx", "wrmsr"; x86
    "lgdt" => "lgdt [rsp]"; x86
    "lidt" => "lidt [rsp]"; x86
    "lldt" => "xor eax, eax", "lldt ax"; x86
    "ltr" => "xor eax, eax", "ltr ax"; x86
    "lmsw" => "xor eax, eax", "lmsw ax"; x86
    "clts" => "clts"; x86
    "invd" => "invd"; x86
    "wbinvd" => "wbinvd"; x86
    "invlpg" => "invlpg [rsp]"; x86
    "swapgs" => "swapgs"; x86
    "sysret" => "sysretq"; x86
};

#[cfg(target_arch = "x86_64")]
static CONTROLS: &[Instruction] = instructions! {
    "rdtsc" => "rdtsc"; x86
    "cpuid" => "xor eax, eax", "xor ecx, ecx", "cpuid"; x86
    "pause" => "pause"; x86
};

#[cfg(target_arch = "aarch64")]
static PRIVILEGED: &[Instruction] = instructions! {
    "msr daifset" => "msr daifset, #2"; none
    "mrs sctlr_el1" => "mrs x0, sctlr_el1"; arm
    "msr sctlr_el1" => "msr sctlr_el1, xzr"; arm
    "mrs ttbr0_el1" => "mrs x0, ttbr0_el1"; arm
    "msr ttbr0_el1" => "msr ttbr0_el1, xzr"; arm
    "mrs tcr_el1" => "mrs x0, tcr_el1"; arm
    "mrs vbar_el1" => "mrs x0, vbar_el1"; arm
    "msr vbar_el1" => "msr vbar_el1, xzr"; arm
    "mrs esr_el1" => "mrs x0, esr_el1"; arm
    "mrs far_el1" => "mrs x0, far_el1"; arm
    "mrs spsr_el1" => "mrs x0, spsr_el1"; arm
    "mrs elr_el1" => "mrs x0, elr_el1"; arm
    "mrs mair_el1" => "mrs x0, mair_el1"; arm
    "tlbi vmalle1" => "tlbi vmalle1"; none
    "ic iallu" => "ic iallu"; none
    "at s1e1r" => "at s1e1r, xzr"; none
    "hvc" => "hvc #0"; none
    "smc" => "smc #0"; none
};

#[cfg(target_arch = "aarch64")]
static CONTROLS: &[Instruction] = instructions! {
    "mrs cntvct_el0" => "mrs x0, cntvct_el0"; arm
    "mrs midr_el1" => "mrs x0, midr_el1"; arm
    "yield" => "yield"; none
};

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static PRIVILEGED: &[Instruction] = &[];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static CONTROLS: &[Instruction] = &[];

const RAN: i32 = 7;
const NOT_NOBODY: i32 = 8;

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let controls = arguments.word("list") == "controls";
    let list = if controls { CONTROLS } else { PRIVILEGED };
    if list.is_empty() {
        return Err(Failure::unavailable("no list of instructions for this processor", "use x86_64 or aarch64"));
    }
    let other = arguments.word("as") == "nobody";
    let mut ends = Vec::with_capacity(list.len());
    stage.begin();
    for (name, execute) in list {
        let mut child = Child::fork(|| {
            if other && !become_nobody() {
                return NOT_NOBODY;
            }
            limits::crash_without_core();
            for signal in [libc::SIGSEGV, libc::SIGBUS] {
                // SAFETY: restores the default action, which the language runtime replaced.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            execute();
            RAN
        })?;
        ends.push((*name, child.wait()?));
    }
    stage.end();
    if ends.iter().any(|(_, end)| *end == Ended::Exited(NOT_NOBODY)) {
        return Err(Failure::unavailable("only root can become nobody", "run as root, or leave as=self"));
    }
    let ran = ends.iter().filter(|(_, end)| *end == Ended::Exited(RAN)).count();
    let faulted = ends.iter().filter(|(_, end)| matches!(end, Ended::Signalled(_))).count();
    ensure(ran + faulted == ends.len(), || format!("an instruction neither ran nor faulted: {ends:?}"))?;
    // SAFETY: geteuid has no preconditions.
    let uid = if other { 65534 } else { unsafe { libc::geteuid() } };
    let mut outcome = stage
        .outcome(ends.len() as u64)
        .measure("instructions", ends.len() as f64)
        .measure("faulted", faulted as f64)
        .measure("ran", ran as f64)
        .measure("uid", f64::from(uid))
        .expect("tasks:processes", Relation::Exactly, ends.len() as f64)
        .verified("each child's end was read: a signal, or the status of one that got past the instruction");
    for (name, end) in ends {
        let word = match end {
            Ended::Signalled(libc::SIGSEGV) => "SIGSEGV".to_string(),
            Ended::Signalled(libc::SIGILL) => "SIGILL".to_string(),
            Ended::Signalled(libc::SIGBUS) => "SIGBUS".to_string(),
            Ended::Signalled(signal) => format!("signal {signal}"),
            Ended::Exited(_) => "ran".to_string(),
        };
        outcome = outcome.note(name, word);
    }
    Ok(outcome)
}
