// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger's kernel side: where the time of every thread of the measured tree goes.
 *
 * Hooks: sys_enter, sys_exit, sched_switch, sched_waking, task_newtask, sched_wakeup_new, sched_process_exec,
 * sched_process_exit, signal_deliver. The running thread's hot numbers are in its CPU's slot; sched_switch moves them
 * to and from the thread's task storage. Tracepoints run with preemption off, so a slot has one writer.
 *
 * task_newtask and not sched_process_fork: io_uring and vhost workers are made without the latter.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "ledger.h"

/* One program text, in rooms; each may use those before it. */
#include "state.bpf.h"
#include "rows.bpf.h"
#include "blocked.bpf.h"
#include "records.bpf.h"
#include "window.bpf.h"
#include "switches.bpf.h"
#include "calls.bpf.h"
#include "lives.bpf.h"
#include "walks.bpf.h"

char LICENSE[] SEC("license") = "GPL";
