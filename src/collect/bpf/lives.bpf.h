/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Births, program changes and deaths of threads.
 */
#ifndef OSMETER_LIVES_BPF_H
#define OSMETER_LIVES_BPF_H

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *child, u64 clone_flags)
{
	struct slot *s = this_slot();
	struct thread *t;
	u32 active;

	if (!s || s->stop)
		return 0;
	active = s->active;
	if (!active) {
		/* Its parent may be ours all the same: see take_over(). */
		t = thread_of(bpf_get_current_task_btf());
		active = t ? t->active : ACTIVE_NO;
	}
	/* Born of a thread that the walk of attach has not come to yet. */
	if (active == ACTIVE_NO && attach_tgid && bpf_get_current_pid_tgid() >> 32 == attach_tgid)
		active = ACTIVE_YES;
	if (active == ACTIVE_NO)
		return 0;
	t = bpf_task_storage_get(&threads, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		__sync_fetch_and_add(&lost_threads, 1);
		return 0;
	}
	t->active = active == ACTIVE_GATED ? ACTIVE_GATED : ACTIVE_YES;
	t->start = t->left = bpf_ktime_get_ns();
	t->open.enter = t->start;
	t->call = child->flags & (PF_IO_WORKER | PF_USER_WORKER) ? CALL_WORKER : CALL_START;
	t->tgid = child->tgid;
	t->tid = child->pid;
	if (!(clone_flags & CLONE_THREAD))
		t->flags |= RECORD_LEADER;
	copy_comm(t->comm, child);
	__sync_fetch_and_add(&live, 1);
	return 0;
}

/* A thread's life begins when it first could run: until then it is its parent's work. */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	struct thread *t = thread_of(task);

	if (t && !t->running)
		t->start = t->left = t->open.enter = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_tid, struct linux_binprm *binary)
{
	struct slot *s = this_slot();
	struct thread *t;
	u64 now, in_call;

	if (!s || s->stop || (!s->active && !came_unseen(s, 0)) || s->active != ACTIVE_YES)
		return 0;
	t = bpf_task_storage_get(&threads, task, 0, 0);
	if (!t)
		return 0;
	if (t->flags & RECORD_NO_SPLIT) {
		t->flags &= ~RECORD_NO_SPLIT;
		copy_comm(t->comm, task);
		return 0;
	}
	/*
	 * What was spent so far is the old program's. The execve in progress is credited up to now; the new part starts
	 * with that much less, so that the whole call's on-CPU time, added at its exit, comes out right in the sum.
	 */
	now = bpf_ktime_get_ns();
	in_call = now - s->open.enter - s->open.blocked - s->open.queue - s->open.preempted;
	flush_slot(s, t);
	t->sums.kernel += in_call;
	t->call = CALL_OUTSIDE;
	finish(t, task, ENDED_EXEC, now);
	__builtin_memset(&t->sums, 0, sizeof(t->sums));
	__builtin_memset(&t->reasons, 0, sizeof(t->reasons));
	t->other_intervals = t->other_ns = 0;
	t->sums.kernel = -in_call;
	t->start = now;
	read_task_counts(task, &t->base);
	t->tgid = task->tgid;
	t->tid = task->pid;
	if (!(t->flags & RECORD_LEADER)) {
		/* It takes the id of the leader, whose death was not the process's. */
		struct totals *sum = this_totals();

		if (sum)
			sum->processes--;
		t->flags |= RECORD_LEADER;
	}
	s->tid = task->pid;
	copy_comm(t->comm, task);
	return 0;
}

static __always_inline void start_dying(void)
{
	struct slot *s = this_slot();
	u64 now;

	if (!s || !COUNTS(s) || s->call != CALL_OUTSIDE)
		return;
	now = bpf_ktime_get_ns();
	s->user += now - s->last;
	s->call = CALL_EXIT;
	s->open.enter = now;
	s->open.blocked = s->open.queue = s->open.preempted = 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	start_dying();
	return 0;
}

/* A fatal signal: writing a core file comes before sched_process_exit, and is no user time. */
SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int signal, struct kernel_siginfo *info, struct k_sigaction *action)
{
	/* SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH do not kill by default. */
	const u64 harmless = 1ULL << 17 | 1ULL << 18 | 1ULL << 19 | 1ULL << 20 | 1ULL << 21 | 1ULL << 22 | 1ULL << 23 |
			     1ULL << 28;

	if (BPF_CORE_READ(action, sa.sa_handler) || signal < 1 || signal > 64 || (signal < 64 && harmless >> signal & 1))
		return 0;
	start_dying();
	return 0;
}

#endif
