/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sys_enter and sys_exit: the hot path. A call that never left the CPU takes one clock reading at each end and one row.
 */
#ifndef OSMETER_CALLS_BPF_H
#define OSMETER_CALLS_BPF_H

/* Whether the running thread is ours all the same. A plain load answers for nearly every thread of the machine. */
static __always_inline bool came_unseen(struct slot *s, u32 entering_call)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return has_storage(task) && take_over(s, task, bpf_ktime_get_ns(), entering_call);
}

/*
 * A thread that we attached to was thought to be in the call that its registers named, but had left it: it was preempted
 * on the way out. All its time on a CPU since then was outside.
 */
static __noinline int leave_believed_call(struct slot *s)
{
	s->user += s->last - s->open.enter - s->open.blocked - s->open.queue - s->open.preempted;
	s->open.blocked = s->open.queue = s->open.preempted = 0;
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct slot *s = this_slot();
	u64 now;

	if (!s)
		return 0;
	if (!COUNTS(s)) {
		if (s->stop || (!s->active && !came_unseen(s, 1)))
			return 0;
		if (s->active == ACTIVE_GATED) {
			u32 number = (u32)id;

			if (start_at_mark) {
				if (number == nr_mark)
					open_window(CALL_MARK, bpf_ktime_get_ns());
			} else if (number == nr_execve || number == nr_execveat) {
				open_window(number + CALL_FIRST, bpf_ktime_get_ns());
			}
			return 0;
		}
	}
	now = bpf_ktime_get_ns();
	if (start_at_mark && (u32)id == nr_mark)
		return close_window(s, now);
	if (s->call != CALL_OUTSIDE)
		leave_believed_call(s);
	s->user += now - s->last;
	s->open.enter = now;
	s->call = call_word(regs, id);
	return 0;
}

/* A call that left the CPU, or one that is no call. */
__noinline int slow_exit(struct slot *s, long ret, u64 now)
{
	u64 elapsed, on_cpu;
	struct row *row;
	u32 call;

	if (!s)
		return 0;
	call = s->call;
	elapsed = now - s->open.enter;
	on_cpu = elapsed - s->open.blocked - s->open.queue - s->open.preempted;
	s->kernel += on_cpu;
	s->last = now;
	s->call = CALL_OUTSIDE;
	if (call < CALL_FIRST) {
		if (call == CALL_MARK) {
			struct thread *t = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0, 0);

			if (t) {
				t->start = now;
				read_task_counts(bpf_get_current_task_btf(), &t->base);
				t->nvcsw_seen = t->base.nvcsw;
			}
			s->kernel = 0;
			window_start = now;
		} else if (call != CALL_OUTSIDE) {
			add_work(call, on_cpu);
		}
		goto out;
	}
	s->calls++;
	row = row_of(s, call);
	if (!row) {
		__sync_fetch_and_add(&lost_rows, 1);
		add_work(CALL_LOST, on_cpu);
		goto out;
	}
	row->elapsed += elapsed;
	row->blocked += s->open.blocked;
	row->queue += s->open.queue;
	row->preempted += s->open.preempted;
	row->slow_elapsed[bucket(elapsed)]++;
	row->slow_on_cpu[bucket(on_cpu)]++;
	if (elapsed > row->slow_elapsed_max)
		row->slow_elapsed_max = elapsed;
	if (on_cpu > row->slow_on_cpu_max)
		row->slow_on_cpu_max = on_cpu;
	if (ret < 0)
		count_error(row, ret);
	if (window_start && s->open.enter <= window_start && attach_tgid)
		row->open_start++;
out:
	s->open.blocked = s->open.queue = s->open.preempted = 0;
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct slot *s = this_slot();
	u64 now, elapsed;
	struct row *row;
	u32 call;

	if (!s)
		return 0;
	if (!COUNTS(s)) {
		if (s->stop || (!s->active && !came_unseen(s, 0)))
			return 0;
		if (s->active == ACTIVE_GATED)
			return 0;
	}
	now = bpf_ktime_get_ns();
	call = s->call;
	if (call < CALL_FIRST || s->open.blocked | s->open.queue | s->open.preempted)
		return slow_exit(s, ret, now);
	row = row_of(s, call);
	if (!row || (attach_tgid && s->open.enter <= window_start))
		return slow_exit(s, ret, now);
	elapsed = now - s->open.enter;
	s->kernel += elapsed;
	s->last = now;
	s->call = CALL_OUTSIDE;
	s->calls++;
	row->elapsed += elapsed;
	row->quick[bucket(elapsed)]++;
	if (elapsed > row->quick_max)
		row->quick_max = elapsed;
	if (ret < 0)
		count_error(row, ret);
	return 0;
}

#endif
