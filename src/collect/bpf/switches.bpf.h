/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sched_switch and sched_waking: what a thread did on the CPU it leaves, and what kept it off the one it enters.
 */
#ifndef OSMETER_SWITCHES_BPF_H
#define OSMETER_SWITCHES_BPF_H

static __always_inline void leave_cpu(struct slot *s, struct thread *t, struct task_struct *task, bool preempt,
				      u32 state, u64 now)
{
	u64 charged = task->se.sum_exec_runtime - task->se.prev_sum_exec_runtime;
	u64 nvcsw = task->nvcsw;

	if (s->call == CALL_OUTSIDE)
		s->user += now - s->last;
	flush_slot(s, t);
	t->call = s->call;
	t->open = s->open;
	t->left = now;
	t->running = 0;
	/* The two clocks are read up to a microsecond apart at either end. */
	if (now - t->entered > charged + 5000)
		t->sums.uncharged += now - t->entered - charged;
	/*
	 * The kernel's own count decides: with a signal pending a thread that meant to sleep leaves runnable, yet counts
	 * as voluntary, and since 6.15 prev_state no longer tells.
	 */
	if (nvcsw != t->nvcsw_seen) {
		t->nvcsw_seen = nvcsw;
		t->sums.voluntary++;
	} else {
		t->sums.involuntary++;
	}
	t->left_runnable = preempt || !state;
	if (!t->left_runnable)
		t->reason_kind = blocked_kind(task, s->call, state);
}

static __always_inline void count_queue(u64 ns)
{
	struct totals *sum = this_totals();

	if (!sum)
		return;
	sum->queue_latency[bucket(ns)]++;
	if (ns > sum->queue_max)
		sum->queue_max = ns;
}

/* Closes the off-CPU interval [t->left, now); `still_off`: at the end of the window, not of the interval. */
__noinline int close_off_cpu(struct thread *t, u64 now, u32 still_off)
{
	u64 off, blocked, queue;

	if (!t)
		return 0;
	off = now - t->left;
	if (t->left_runnable) {
		t->sums.preempted += off;
		t->open.preempted += off;
		return 0;
	}
	if (t->waking > t->left && t->waking <= now) {
		blocked = t->waking - t->left;
	} else if (t->waking >= t->entered) {
		/* It raced the switch: the thread never really slept. */
		blocked = 0;
	} else {
		blocked = off;
		/* It runs again, so there was a waking: how long it was runnable is not known. */
		if (!still_off)
			__sync_fetch_and_add(&unseen_wakings, 1);
	}
	queue = off - blocked;
	t->sums.queue += queue;
	t->open.queue += queue;
	if (blocked) {
		t->sums.blocked += blocked;
		t->open.blocked += blocked;
		add_reason(t, t->call, t->reason_kind, blocked);
	}
	if (!still_off)
		count_queue(queue);
	return 0;
}

static __always_inline void enter_cpu(struct slot *s, struct thread *t, struct task_struct *task, u64 now)
{
	close_off_cpu(t, now, 0);
	if (t->call == CALL_OUTSIDE)
		t->open.blocked = t->open.queue = t->open.preempted = 0;
	t->running = bpf_get_smp_processor_id() + 1;
	t->entered = now;
	s->tid = task->pid;
	s->call = t->call;
	s->last = now;
	s->open = t->open;
	s->active = ACTIVE_YES;
}

/*
 * A thread of ours is on this CPU, but its coming here was not seen: the hook did not run. It may be skipped, by the
 * kernel where the program already runs on that CPU, and by some hypervisors' guests while one of their own threads is
 * current. The scheduler's own clock says when the thread came.
 */
static __noinline int take_over(struct slot *s, struct task_struct *task, u64 now, u32 entering_call)
{
	struct thread *t = bpf_task_storage_get(&threads, task, 0, 0);
	u64 entered;

	if (!t || window_end)
		return 0;
	if (t->active == ACTIVE_GATED) {
		s->active = ACTIVE_GATED;
		s->tid = task->pid;
		return 1;
	}
	if (t->active != ACTIVE_YES)
		return 0;
	if (t->flags & RECORD_FRESH) {
		/* What it was doing when we attached can be told only now. */
		t->flags &= ~RECORD_FRESH;
		t->call = entering_call ? CALL_OUTSIDE : call_from_regs(task);
		enter_cpu(s, t, task, t->left);
		return 1;
	}
	entered = task->se.exec_start - (task->se.sum_exec_runtime - task->se.prev_sum_exec_runtime) + s->clock_offset;
	if (!s->clock_offset || entered > now)
		entered = now;
	if (entered < t->left)
		entered = t->left;
	__sync_fetch_and_add(&unseen_switches, 1);
	enter_cpu(s, t, task, entered);
	return 1;
}

static __always_inline void switch_out(struct slot *s, struct task_struct *prev, bool preempt, u32 state, u64 now)
{
	struct thread *t = bpf_task_storage_get(&threads, prev, 0, 0);

	if (s->active == ACTIVE_GATED && t) {
		t->left = now;
		t->call = call_from_regs(prev);
		t->left_runnable = preempt || !state;
		t->reason_kind = t->left_runnable ? KIND_NONE : blocked_kind(prev, t->call, state);
	} else if (s->active == ACTIVE_YES && t) {
		if (window_end && now > window_end)
			now = window_end;
		leave_cpu(s, t, prev, preempt, state, now);
		if (state & TASK_DEAD)
			bury(s, prev, now, ENDED_EXIT);
	}
	s->active = ACTIVE_NO;
}

static __always_inline void switch_in(struct slot *s, struct thread *t, struct task_struct *next, u64 now)
{
	if (t->active == ACTIVE_GATED) {
		if (!window_start || !start_at_mark) {
			s->active = ACTIVE_GATED;
			s->tid = next->pid;
			return;
		}
		open_parked(t, next);
	}
	if (t->active != ACTIVE_YES)
		return;
	if (window_end) {
		close_off_cpu(t, window_end, 0);
		bury(s, next, window_end, ENDED_ALIVE);
		return;
	}
	enter_cpu(s, t, next, now);
	s->clock_offset = now - next->se.exec_start;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int state)
{
	struct slot *s = this_slot();
	struct thread *t;
	u64 now = 0;

	if (!s || s->stop)
		return 0;
	if (s->active && s->tid != prev->pid)
		s->active = ACTIVE_NO; /* its going was not seen */
	if (s->active || has_storage(prev)) {
		now = bpf_ktime_get_ns();
		if (s->active || take_over(s, prev, now, 0))
			switch_out(s, prev, preempt, state, now);
	}
	t = thread_of(next);
	if (t)
		switch_in(s, t, next, now ? now : bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	struct thread *t = thread_of(task);

	if (!t)
		return 0;
	t->waking = bpf_ktime_get_ns();
	t->sums.wakeups++;
	return 0;
}

#endif
