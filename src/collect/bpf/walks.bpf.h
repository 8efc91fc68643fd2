/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks over all threads, run by user space reading an iterator: taking over a running process, and reading who lives.
 */
#ifndef OSMETER_WALKS_BPF_H
#define OSMETER_WALKS_BPF_H

/* Takes over the threads of attach_tgid. */
SEC("iter/task")
int adopt_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *t;
	u32 state;

	if (!task || (u32)task->tgid != attach_tgid)
		return 0;
	t = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		__sync_fetch_and_add(&lost_threads, 1);
		return 0;
	}
	if (t->active != ACTIVE_NO)
		return 0; /* born since the window opened: its start was seen */
	t->start = t->left = t->entered = window_start;
	t->tgid = task->tgid;
	t->tid = task->pid;
	t->flags = RECORD_OPEN_START | (task->pid == task->tgid ? RECORD_LEADER : 0);
	t->nvcsw_seen = task->nvcsw;
	read_task_counts(task, &t->base);
	copy_comm(t->comm, task);
	t->call = call_from_regs(task);
	t->open.enter = window_start;
	__sync_fetch_and_add(&live, 1);
	state = task->__state;
	t->left_runnable = !state;
	if (task->on_cpu) {
		t->running = task->thread_info.cpu + 1;
		t->flags |= RECORD_FRESH;
	} else if (state) {
		t->reason_kind = blocked_kind(task, t->call, state);
	}
	/* Last: from here on its hooks count. */
	t->active = ACTIVE_YES;
	return 0;
}

/* Adds what a thread has done since it last went through a hook. */
static __always_inline void close_open(struct record *r, struct thread *t, u64 end)
{
	struct slot *s;
	u32 cpu;
	u64 on_cpu;

	if (t->running) {
		cpu = t->running - 1;
		s = bpf_map_lookup_elem(&slots, &cpu);
		if (t->flags & RECORD_FRESH) {
			r->call = CALL_OUTSIDE;
			r->sums.user += end - t->start;
			return;
		}
		if (!s || s->active != ACTIVE_YES || s->tid != t->tid)
			return;
		r->sums.user += s->user;
		r->sums.kernel += s->kernel;
		r->sums.calls += s->calls;
		r->call = s->call;
		r->open = s->open;
		if (s->call == CALL_OUTSIDE && end > s->last)
			r->sums.user += end - s->last;
	}
	if (r->call != CALL_OUTSIDE && end > r->open.enter) {
		on_cpu = end - r->open.enter - r->open.blocked - r->open.queue - r->open.preempted;
		r->sums.kernel += on_cpu;
		if (r->call >= CALL_FIRST)
			r->sums.calls++;
	}
}

SEC("iter/task")
int walk_live(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	u32 zero = 0;
	struct record *r;
	struct thread *t;
	u64 end = window_end ? window_end : end_time;

	if (!task)
		return 0;
	t = bpf_task_storage_get(&threads, task, 0, 0);
	if (!t || (t->active != ACTIVE_YES && t->active != ACTIVE_GATED))
		return 0;
	if (t->active == ACTIVE_GATED) {
		if (!window_start)
			return 0;
		open_parked(t, task);
	}
	r = bpf_map_lookup_elem(&scratch, &zero);
	if (!r)
		return 0;
	if (!t->running && end > t->left)
		close_off_cpu(t, end, 1);
	fill_record(r, t, task, end);
	copy_comm(r->comm, task);
	close_open(r, t, end);
	r->sums.lifetime = end > t->start ? end - t->start : 0;
	read_task_counts(task, &r->sums);
	subtract_base(&r->sums, &t->base);
	r->ended = ENDED_ALIVE;
	bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
	return 0;
}

#endif
