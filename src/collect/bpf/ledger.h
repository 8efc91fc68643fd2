/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs in ledger.bpf.c and the Rust side share: records and their meaning. All times in ns of
 * CLOCK_MONOTONIC. Fixed-width types only: a size mismatch would overwrite a neighbour.
 */
#ifndef OSMETER_LEDGER_H
#define OSMETER_LEDGER_H

/* Durations: 16 buckets an octave up to 2^36 ns; the same as model::Histogram. */
#define BUCKETS 528
/* Numbers below this are looked up by index, the rest by hash. */
#define TABLE_CALLS 512
/* Errors by number: 1 to 133 are named, 134 is ENOTSUPP (524), which some drivers let out, 0 is every other. */
#define ERRNOS 135
/* Reasons of one thread that are kept apart; a thread with more of them sums the rest. */
#define REASONS 8

/*
 * What a thread is doing, one word: OUTSIDE (user mode), a pseudo call, or a system call's number + CALL_FIRST, with
 * CALL_COMPAT for the 32-bit table.
 */
enum call {
	CALL_OUTSIDE = 0,
	CALL_START = 1,  /* a new thread's way out of the kernel: it has a sys_exit but no sys_enter */
	CALL_EXIT = 2,   /* dying outside any call, of a signal or of another thread's exit_group */
	CALL_WORKER = 3, /* an io_uring or vhost worker: kernel code for all its life */
	CALL_MARK = 4,   /* the workload's own call that opens the window */
	CALL_LOST = 5,   /* a call that found no free row */
	CALL_PSEUDO = 8, /* number of kinds of kernel work outside calls */
	CALL_FIRST = 16,
};
#define CALL_COMPAT (1U << 31)

/* What a descriptor that a thread is blocked on is. */
enum kind {
	KIND_NONE = 0,
	KIND_PIPE,
	KIND_SOCKET,
	KIND_FILE,
	KIND_TERMINAL,
	KIND_CHAR,
	KIND_BLOCK,
	KIND_DIRECTORY,
	KIND_EVENTFD,
	KIND_EPOLL,
	KIND_TIMERFD,
	KIND_SIGNALFD,
	KIND_INOTIFY,
	KIND_ANON,
	KIND_DISK = 32, /* state D with in_iowait */
	KIND_STOPPED,
	KIND_TRACED,
};

/* Whether a thread's time counts. */
enum active {
	ACTIVE_NO = 0,
	ACTIVE_YES = 1,
	ACTIVE_GATED = 2, /* ours, but its window has not opened */
};

struct reason {
	u32 call;
	u32 kind;
	u64 intervals;
	u64 ns;
};

/* The ledger of one thread, or a sum of them. What every switch touches comes first. */
struct sums {
	u64 user;
	u64 kernel;
	u64 calls;
	u64 queue;
	u64 blocked;
	u64 voluntary;
	u64 wakeups;
	u64 preempted;
	u64 involuntary;
	u64 uncharged; /* on a CPU by our clock, but not charged by the scheduler: stolen by a hypervisor, or interrupts */
	u64 lifetime;
	/* the kernel's own counts over the same time, from task_struct */
	u64 nvcsw;
	u64 nivcsw;
	u64 minor_faults;
	u64 major_faults;
	u64 migrations;
	u64 exec_runtime;
	u64 run_delay;
};

/* A call in progress. */
struct open_call {
	u64 enter;
	u64 blocked;
	u64 queue;
	u64 preempted;
};

enum ended {
	ENDED_EXIT = 0,
	ENDED_EXEC = 1, /* the thread goes on under another program's name */
	ENDED_ALIVE = 2,
};

enum record_flags {
	RECORD_OPEN_START = 1, /* the call it is in began before the window */
	RECORD_NO_SPLIT = 2,   /* its next exec only renames it: it is the command's own */
	RECORD_LEADER = 4,
	RECORD_FRESH = 8, /* was on a CPU when we attached, and has met no hook since */
};

/*
 * Task storage: one thread of ours while it is off-CPU, and what is not hot while it is on. What every switch touches comes
 * first, in few cache lines.
 */
struct thread {
	u32 active;
	u32 call;
	u64 waking;  /* when it was last woken */
	u64 left;    /* when it last left a CPU */
	u64 entered; /* when it last entered a CPU */
	u32 left_runnable;
	u32 reason_kind;
	u32 running; /* 1 + the CPU it is on, 0 if off */
	u32 flags;
	u64 nvcsw_seen;
	u64 start;
	struct open_call open;
	struct sums sums;
	struct reason reasons[REASONS];
	u64 other_intervals;
	u64 other_ns;
	u32 tgid;
	u32 tid;
	u8 comm[16];
	struct sums base; /* the kernel's own counts at the start */
};

/* A finished thread, or one that lives at the end. */
struct record {
	u32 ended;
	u32 flags;
	u32 tgid;
	u32 tid;
	u32 parent_tgid;
	u32 call; /* open at the end */
	u64 start;
	u64 end;
	u64 peak_rss_pages;
	u8 comm[16];
	u8 process_comm[16];
	struct sums sums;
	struct open_call open; /* enter: start of the open call; its parts so far */
	struct reason reasons[REASONS];
	u64 other_intervals;
	u64 other_ns;
};

/* Per CPU: the thread that is running there, if it is ours, and which rows its calls go to. */
struct slot {
	u32 active;
	u32 stop; /* set by user space: nothing counts any more */
	u32 tid;
	u32 call;
	u64 last; /* since when it is in user mode, or on this CPU */
	u64 user;
	u64 kernel;
	u64 calls;
	struct open_call open;
	u64 clock_offset; /* of our clock to the run queue's, at the last switch to a thread of ours */
	u16 rows[2 * TABLE_CALLS]; /* native, compat */
};

/* One kind of call on one CPU. Calls = quick + slow_elapsed + open_end. */
struct row {
	u32 call;
	u32 pad;
	u64 elapsed;
	u64 blocked;
	u64 queue;
	u64 preempted;
	u64 quick_max;
	u64 slow_elapsed_max;
	u64 slow_on_cpu_max;
	u64 interrupted;
	u64 open_start;
	u64 open_end;
	u64 errors[ERRNOS];
	u64 quick[BUCKETS];        /* never left the CPU: elapsed is on-CPU time */
	u64 slow_elapsed[BUCKETS]; /* left it at least once */
	u64 slow_on_cpu[BUCKETS];
};

struct work {
	u64 count;
	u64 ns;
};

/* Per CPU: what ended, summed, so that totals do not depend on a record's arrival. */
struct totals {
	struct sums sums;
	struct work work[CALL_PSEUDO];
	u64 threads;
	u64 processes;
	u64 queue_max;
	u64 queue_latency[BUCKETS];
};

struct reason_key {
	u32 call;
	u32 kind;
};

#endif
