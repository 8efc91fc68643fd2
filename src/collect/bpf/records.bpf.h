/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of a thread, or of its part of the window: totals first, then a record for user space.
 */
#ifndef OSMETER_RECORDS_BPF_H
#define OSMETER_RECORDS_BPF_H

static __always_inline void flush_slot(struct slot *s, struct thread *t)
{
	t->sums.user += s->user;
	t->sums.kernel += s->kernel;
	t->sums.calls += s->calls;
	s->user = s->kernel = s->calls = 0;
}

static __always_inline void add_sums(struct sums *to, struct sums *more)
{
	to->lifetime += more->lifetime;
	to->user += more->user;
	to->kernel += more->kernel;
	to->queue += more->queue;
	to->preempted += more->preempted;
	to->blocked += more->blocked;
	to->voluntary += more->voluntary;
	to->involuntary += more->involuntary;
	to->wakeups += more->wakeups;
	to->calls += more->calls;
	to->nvcsw += more->nvcsw;
	to->nivcsw += more->nivcsw;
	to->minor_faults += more->minor_faults;
	to->major_faults += more->major_faults;
	to->migrations += more->migrations;
	to->exec_runtime += more->exec_runtime;
	to->run_delay += more->run_delay;
	to->uncharged += more->uncharged;
}

static __always_inline void subtract_base(struct sums *now, struct sums *base)
{
	now->nvcsw -= base->nvcsw;
	now->nivcsw -= base->nivcsw;
	now->minor_faults -= base->minor_faults;
	now->major_faults -= base->major_faults;
	now->migrations -= base->migrations;
	now->exec_runtime -= base->exec_runtime;
	now->run_delay -= base->run_delay;
}

static __always_inline void fill_record(struct record *r, struct thread *t, struct task_struct *task, u64 end)
{
	r->flags = t->flags;
	r->tgid = t->tgid;
	r->tid = t->tid;
	r->parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
	r->call = t->call;
	r->start = t->start;
	r->end = end;
	r->peak_rss_pages = BPF_CORE_READ(task, signal, maxrss);
	BPF_CORE_READ_INTO(&r->process_comm, task, group_leader, comm);
	r->sums = t->sums;
	r->open = t->open;
	__builtin_memcpy(r->reasons, t->reasons, sizeof(r->reasons));
	r->other_intervals = t->other_intervals;
	r->other_ns = t->other_ns;
}

static __always_inline u64 ring_flags(void)
{
	return bpf_ringbuf_query(&finished, BPF_RB_AVAIL_DATA) >= ring_wakeup_bytes ? BPF_RB_FORCE_WAKEUP
										    : BPF_RB_NO_WAKEUP;
}

/* Adds a thread (or its part up to an exec) to the totals, then sends its record: a lost record costs no total. */
static __noinline int finish(struct thread *t, struct task_struct *task, u32 ended, u64 end)
{
	struct totals *sum = this_totals();
	struct record *r;

	t->sums.lifetime = end - t->start;
	read_task_counts(task, &t->sums);
	subtract_base(&t->sums, &t->base);
	if (sum) {
		add_sums(&sum->sums, &t->sums);
		if (ended != ENDED_EXEC) {
			sum->threads++;
			if (t->flags & RECORD_LEADER)
				sum->processes++;
		}
	}
	spill_all(t);
	r = bpf_ringbuf_reserve(&finished, sizeof(*r), 0);
	if (!r) {
		__sync_fetch_and_add(&lost_records, 1);
		return 0;
	}
	fill_record(r, t, task, end);
	r->ended = ended;
	if (ended == ENDED_EXEC) {
		__builtin_memcpy(r->comm, t->comm, 16);
		__builtin_memcpy(r->process_comm, t->comm, 16);
	} else {
		copy_comm(r->comm, task);
	}
	bpf_ringbuf_submit(r, ring_flags());
	return 0;
}

/*
 * The end of a thread, or of its part of the window; its slot is flushed. The call that it did not return from still
 * counts.
 */
static __noinline int bury(struct slot *s, struct task_struct *task, u64 now, u32 ended)
{
	struct thread *t = bpf_task_storage_get(&threads, task, 0, 0);
	u64 on_cpu;

	if (!t)
		return 0;
	if (t->call != CALL_OUTSIDE) {
		on_cpu = now - t->open.enter - t->open.blocked - t->open.queue - t->open.preempted;
		t->sums.kernel += on_cpu;
		if (t->call < CALL_FIRST) {
			add_work(t->call, on_cpu);
		} else {
			struct row *row = row_of(s, t->call);

			t->sums.calls++;
			if (row) {
				row->elapsed += now - t->open.enter;
				row->blocked += t->open.blocked;
				row->queue += t->open.queue;
				row->preempted += t->open.preempted;
				row->open_end++;
			} else {
				__sync_fetch_and_add(&lost_rows, 1);
				add_work(CALL_LOST, on_cpu);
			}
		}
	}
	t->active = ACTIVE_NO;
	__sync_fetch_and_add(&live, -1);
	return finish(t, task, ended, now);
}

#endif
