/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a thread's time counts: gated threads, the window's marks, threads that ran when we attached.
 */
#ifndef OSMETER_WINDOW_BPF_H
#define OSMETER_WINDOW_BPF_H

static __always_inline u32 call_from_regs(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	s64 number;

#if defined(__TARGET_ARCH_x86)
	number = BPF_CORE_READ(regs, orig_ax);
#else
	number = BPF_CORE_READ(regs, syscallno);
#endif
	return number < 0 ? CALL_OUTSIDE : ((u32)number & 0x3fffffff) + CALL_FIRST;
}

/* A gated thread's window opens: it is on this CPU, about to be in `call`. */
static __noinline int open_window(u32 call, u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *t = bpf_task_storage_get(&threads, task, 0, 0);
	struct slot *s = this_slot();

	if (!t || !s)
		return 0;
	t->active = ACTIVE_YES;
	t->start = t->entered = now;
	t->running = bpf_get_smp_processor_id() + 1;
	t->nvcsw_seen = task->nvcsw;
	t->sums.wakeups = 0;
	read_task_counts(task, &t->base);
	copy_comm(t->comm, task);
	s->active = ACTIVE_YES;
	s->tid = task->pid;
	s->call = call;
	s->last = now;
	s->user = s->kernel = s->calls = 0;
	s->open.enter = now;
	s->open.blocked = s->open.queue = s->open.preempted = 0;
	window_start = now;
	return 0;
}

/* The workload's second mark. */
static __noinline int close_window(struct slot *s, u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *t = bpf_task_storage_get(&threads, task, 0, 0);

	window_end = now;
	s->active = ACTIVE_NO;
	if (!t)
		return 0;
	s->user += now - s->last;
	flush_slot(s, t);
	t->call = CALL_OUTSIDE;
	return bury(s, task, now, ENDED_ALIVE);
}

/* A thread of ours that was parked while the window opened: it was off-CPU for all of the window so far. */
static __noinline int open_parked(struct thread *t, struct task_struct *task)
{
	t->active = ACTIVE_YES;
	t->start = window_start;
	if (t->left < window_start)
		t->left = window_start;
	t->open.enter = t->left;
	t->flags |= RECORD_OPEN_START;
	t->nvcsw_seen = task->nvcsw;
	t->sums.wakeups = 0;
	read_task_counts(task, &t->base);
	return 0;
}

#endif
