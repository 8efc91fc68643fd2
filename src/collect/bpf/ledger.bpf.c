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

char LICENSE[] SEC("license") = "GPL";

#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_STOPPED 0x4
#define TASK_TRACED 0x8
#define TASK_DEAD 0x80
#define PF_IO_WORKER 0x10
#define PF_USER_WORKER 0x4000
#define TS_COMPAT 0x2
#define TIF_32BIT_ARM64 22
#define CLONE_THREAD 0x10000
#define S_IFMT 0170000
#define ANON_INODE_FS_MAGIC 0x09041934
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516
#define ENOTSUPP 524

const volatile u32 max_rows = 1;
const volatile u32 nr_execve = 59;
const volatile u32 nr_execveat = 322;
const volatile u32 nr_mark = 28531;
const volatile u32 start_at_mark = 0;     /* else at the gated thread's execve */
const volatile u8 fd_calls[TABLE_CALLS];  /* 1: the call's first argument is a descriptor */

u64 window_start = 0; /* 0: not open */
u64 window_end = 0;   /* 0: not closed by a mark */
u32 rows_used = 1;    /* row 0 means none */
u32 attach_tgid = 0;
s64 live = 0;         /* threads of ours that live */
u64 lost_records = 0;
u64 lost_threads = 0;
u64 lost_rows = 0;
u64 met_without_start = 0;
u64 end_time = 0;     /* for the final walk over live threads */
u32 ring_wakeup_bytes = 0;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct row);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct totals);
} totals SEC(".maps");

/* Calls whose number is outside the tables: key is call and CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u32);
} odd_rows SEC(".maps");

/* Blocked time by reason, of ended threads and of reasons that a thread had no place for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct reason_key);
	__type(value, struct work);
} reasons SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} finished SEC(".maps");

/* Where a walk builds the record it writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct record);
} scratch SEC(".maps");

static int close_window(struct slot *s, u64 now);

static __always_inline u32 bucket(u64 ns)
{
	u32 octave = 0;

	if (ns < 16)
		return ns;
	if (ns >> 36)
		return BUCKETS - 1;
	if (ns >> 20) {
		ns >>= 16;
		octave = 16;
	}
	if (ns >> 12) {
		ns >>= 8;
		octave += 8;
	}
	if (ns >> 8) {
		ns >>= 4;
		octave += 4;
	}
	if (ns >> 6) {
		ns >>= 2;
		octave += 2;
	}
	if (ns >> 5) {
		ns >>= 1;
		octave += 1;
	}
	octave = octave * 16 + (u32)ns;
	return octave < BUCKETS ? octave : BUCKETS - 1;
}

static __always_inline struct slot *this_slot(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&slots, &cpu);
}

static __always_inline struct totals *this_totals(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&totals, &cpu);
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	/* A plain load: nearly every thread of the machine has no storage at all. */
	if (!task->bpf_storage)
		return 0;
	return bpf_task_storage_get(&threads, task, 0, 0);
}

/* ---- system calls ---- */

static __always_inline bool is_compat(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	/* The SYSCALL instruction leaves the return address in rcx; int $0x80 does not, so only then look further. */
	if (regs->cx == regs->ip)
		return 0;
	return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
#else
	return bpf_get_current_task_btf()->thread_info.flags & (1UL << TIF_32BIT_ARM64);
#endif
}

static __always_inline u32 call_word(struct pt_regs *regs, long id)
{
	u32 call = ((u32)id & 0x3fffffff) + CALL_FIRST;

	return is_compat(regs) ? call | CALL_COMPAT : call;
}

static __noinline u32 new_row(void)
{
	u32 index;

	if (rows_used >= max_rows)
		return 0;
	index = __sync_fetch_and_add(&rows_used, 1);
	return index < max_rows ? index : 0;
}

static __noinline u32 odd_row(u32 call)
{
	u64 key = (u64)bpf_get_smp_processor_id() << 32 | call;
	u32 *known = bpf_map_lookup_elem(&odd_rows, &key);
	u32 index;

	if (known)
		return *known;
	index = new_row();
	if (index && bpf_map_update_elem(&odd_rows, &key, &index, BPF_ANY))
		return 0;
	return index;
}

static __always_inline struct row *row_of(struct slot *s, u32 call)
{
	u32 number = (call & ~CALL_COMPAT) - CALL_FIRST;
	struct row *row;
	u32 index;

	if (number < TABLE_CALLS) {
		u32 place = call & CALL_COMPAT ? number + TABLE_CALLS : number;

		place &= 2 * TABLE_CALLS - 1;
		index = s->rows[place];
		if (!index)
			s->rows[place] = index = new_row();
	} else {
		index = odd_row(call);
	}
	if (!index)
		return 0;
	row = bpf_map_lookup_elem(&rows, &index);
	if (row && !row->call)
		row->call = call;
	return row;
}

static __always_inline void count_error(struct row *row, long ret)
{
	u64 error = -(u64)ret;

	if (error > 4095)
		return;
	if (error >= ERESTARTSYS && error <= ERESTART_RESTARTBLOCK) {
		row->interrupted++;
		return;
	}
	if (error == ENOTSUPP)
		error = 134;
	else if (error > 133)
		error = 0;
	if (error < ERRNOS)
		row->errors[error]++;
}

static __always_inline void add_work(u32 call, u64 ns)
{
	struct totals *t = this_totals();

	if (t && call < CALL_PSEUDO) {
		t->work[call].count++;
		t->work[call].ns += ns;
	}
}

/* What the kernel counted for a task so far. Within its own time slice sum_exec_runtime lags; at a switch it is exact. */
static __always_inline void read_task_counts(struct task_struct *task, struct sums *to)
{
	to->nvcsw = task->nvcsw;
	to->nivcsw = task->nivcsw;
	to->minor_faults = task->min_flt;
	to->major_faults = task->maj_flt;
	to->migrations = task->se.nr_migrations;
	to->exec_runtime = task->se.sum_exec_runtime;
	to->run_delay = task->sched_info.run_delay;
}

static __always_inline void copy_comm(u8 *to, struct task_struct *task)
{
	bpf_probe_read_kernel(to, 16, &task->comm);
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
	t->start = now;
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

/* The thread ran on this CPU when we attached, and has not left it since. */
static __noinline int adopt(struct slot *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *t;

	s->active = ACTIVE_NO;
	if (s->tid != task->pid)
		return 0;
	t = bpf_task_storage_get(&threads, task, 0, 0);
	if (!t || t->active != ACTIVE_YES || t->left)
		return 0;
	t->running = bpf_get_smp_processor_id() + 1;
	s->active = ACTIVE_YES;
	s->call = t->call;
	s->last = t->start;
	s->user = s->kernel = s->calls = 0;
	s->open.enter = t->start;
	s->open.blocked = s->open.queue = s->open.preempted = 0;
	return 1;
}

/* active and stop are read together: one comparison decides the common case. */
#define COUNTS(s) (*(volatile u64 *)&(s)->active == ACTIVE_YES)

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct slot *s = this_slot();
	u64 now;

	if (!s)
		return 0;
	if (!COUNTS(s)) {
		if (!s->active || s->stop)
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
		if (s->active != ACTIVE_ADOPT || !adopt(s))
			return 0;
	}
	now = bpf_ktime_get_ns();
	if (start_at_mark && (u32)id == nr_mark)
		return close_window(s, now);
	s->user += now - s->last;
	s->open.enter = now;
	s->call = call_word(regs, id);
	return 0;
}

/* A call that left the CPU, or one that is no call. */
static __noinline int slow_exit(struct slot *s, long ret, u64 now)
{
	u32 call = s->call;
	u64 elapsed = now - s->open.enter;
	u64 on_cpu = elapsed - s->open.blocked - s->open.queue - s->open.preempted;
	struct row *row;

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
	if (!COUNTS(s) && (s->active != ACTIVE_ADOPT || s->stop || !adopt(s)))
		return 0;
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

/* ---- why a thread is blocked ---- */

static __noinline u32 anon_kind(struct file *file)
{
	char name[8] = {};
	const unsigned char *at;

	at = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel(name, sizeof(name), at);
	/* "[eventfd]", "[eventpoll]", "[timerfd]", "[signalfd]", "inotify" */
	if (name[0] == '[' && name[1] == 'e' && name[6] == 'f')
		return KIND_EVENTFD;
	if (name[0] == '[' && name[1] == 'e' && name[6] == 'p')
		return KIND_EPOLL;
	if (name[0] == '[' && name[1] == 't')
		return KIND_TIMERFD;
	if (name[0] == '[' && name[1] == 's')
		return KIND_SIGNALFD;
	if (name[0] == 'i' && name[1] == 'n')
		return KIND_INOTIFY;
	return KIND_ANON;
}

static __always_inline u32 kind_of_mode(u32 mode, struct file *file, struct inode *inode)
{
	u32 major;

	switch (mode & S_IFMT) {
	case 0010000:
		return KIND_PIPE;
	case 0140000:
		return KIND_SOCKET;
	case 0040000:
		return KIND_DIRECTORY;
	case 0060000:
		return KIND_BLOCK;
	case 0020000:
		major = BPF_CORE_READ(inode, i_rdev) >> 20;
		return major == 4 || major == 5 || (major >= 136 && major <= 143) ? KIND_TERMINAL : KIND_CHAR;
	}
	/* Anonymous inodes have no type before 6.16 and claim to be regular files since. */
	if (BPF_CORE_READ(inode, i_sb, s_magic) == ANON_INODE_FS_MAGIC)
		return anon_kind(file);
	return KIND_FILE;
}

static __noinline u32 descriptor_kind(struct task_struct *task, u32 call)
{
	u32 number = (call & ~CALL_COMPAT) - CALL_FIRST;
	struct fdtable *table;
	struct pt_regs *regs;
	struct inode *inode = 0;
	struct file **files;
	struct file *file = 0;
	u16 mode = 0;
	u32 fd;

	if (call & CALL_COMPAT || number >= TABLE_CALLS || !fd_calls[number & (TABLE_CALLS - 1)])
		return KIND_NONE;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	fd = BPF_CORE_READ(regs, di);
#else
	fd = BPF_CORE_READ(regs, orig_x0);
#endif
	table = BPF_CORE_READ(task, files, fdt);
	if (fd >= BPF_CORE_READ(table, max_fds))
		return KIND_NONE;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	inode = BPF_CORE_READ(file, f_inode);
	if (!inode)
		return KIND_NONE;
	mode = BPF_CORE_READ(inode, i_mode);
	return kind_of_mode(mode, file, inode);
}

static __always_inline u32 blocked_kind(struct task_struct *task, u32 call, u32 state)
{
	if (state & TASK_TRACED)
		return KIND_TRACED;
	if (state & TASK_STOPPED)
		return KIND_STOPPED;
	if ((state & TASK_UNINTERRUPTIBLE) && BPF_CORE_READ_BITFIELD(task, in_iowait))
		return KIND_DISK;
	return call >= CALL_FIRST ? descriptor_kind(task, call) : KIND_NONE;
}

static __noinline int spill_reason(u32 call, u32 kind, u64 intervals, u64 ns)
{
	struct reason_key key = { call, kind };
	struct work zero = {};
	struct work *sum = bpf_map_lookup_elem(&reasons, &key);

	if (!sum) {
		bpf_map_update_elem(&reasons, &key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&reasons, &key);
		if (!sum)
			return 0;
	}
	__sync_fetch_and_add(&sum->count, intervals);
	__sync_fetch_and_add(&sum->ns, ns);
	return 0;
}

static __always_inline void add_reason(struct thread *t, u32 call, u32 kind, u64 ns)
{
#pragma unroll
	for (int i = 0; i < REASONS; i++) {
		struct reason *r = &t->reasons[i];

		if (!r->intervals) {
			r->call = call;
			r->kind = kind;
		} else if (r->call != call || r->kind != kind) {
			continue;
		}
		r->intervals++;
		r->ns += ns;
		return;
	}
	t->other_intervals++;
	t->other_ns += ns;
	spill_reason(call, kind, 1, ns);
}

/* ---- switches ---- */

static __always_inline void flush_slot(struct slot *s, struct thread *t)
{
	t->sums.user += s->user;
	t->sums.kernel += s->kernel;
	t->sums.calls += s->calls;
	s->user = s->kernel = s->calls = 0;
}

static __always_inline void leave_cpu(struct slot *s, struct thread *t, struct task_struct *task, bool preempt,
				      u32 state, u64 now)
{
	u64 nvcsw = task->nvcsw;

	if (s->call == CALL_OUTSIDE)
		s->user += now - s->last;
	flush_slot(s, t);
	t->call = s->call;
	t->open = s->open;
	t->left = now;
	t->running = 0;
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

/* Closes the off-CPU interval [t->left, now). */
static __always_inline void close_off_cpu(struct thread *t, u64 now)
{
	u64 off = now - t->left, blocked, queue;

	if (t->left_runnable) {
		t->sums.preempted += off;
		t->open.preempted += off;
		return;
	}
	/* A waking that is not later than the switch raced it: the thread never really slept. */
	blocked = t->waking > t->left && t->waking <= now ? t->waking - t->left : 0;
	queue = off - blocked;
	t->sums.queue += queue;
	t->open.queue += queue;
	if (blocked) {
		t->sums.blocked += blocked;
		t->open.blocked += blocked;
		add_reason(t, t->call, t->reason_kind, blocked);
	}
	count_queue(queue);
}

static __always_inline void enter_cpu(struct slot *s, struct thread *t, struct task_struct *task, u64 now)
{
	close_off_cpu(t, now);
	if (t->call == CALL_OUTSIDE)
		t->open.blocked = t->open.queue = t->open.preempted = 0;
	t->running = bpf_get_smp_processor_id() + 1;
	s->tid = task->pid;
	s->call = t->call;
	s->last = now;
	s->open = t->open;
	s->active = ACTIVE_YES;
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
	bpf_probe_read_kernel(r->process_comm, 16, &task->group_leader->comm);
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
	for (int i = 0; i < REASONS; i++)
		if (t->reasons[i].intervals)
			spill_reason(t->reasons[i].call, t->reasons[i].kind, t->reasons[i].intervals, t->reasons[i].ns);
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
			return;
		}
		open_parked(t, next);
	}
	if (t->active != ACTIVE_YES)
		return;
	if (window_end) {
		close_off_cpu(t, window_end);
		bury(s, next, window_end, ENDED_ALIVE);
		return;
	}
	enter_cpu(s, t, next, now);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int state)
{
	struct slot *s = this_slot();
	struct thread *t;
	u64 now = 0;

	if (!s || s->stop)
		return 0;
	if (s->active == ACTIVE_ADOPT)
		adopt(s);
	if (s->active) {
		now = bpf_ktime_get_ns();
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

/* ---- births, program changes, deaths ---- */

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *child, u64 clone_flags)
{
	struct slot *s = this_slot();
	struct thread *t;

	if (!s || s->stop || (s->active != ACTIVE_YES && s->active != ACTIVE_GATED && s->active != ACTIVE_ADOPT))
		return 0;
	t = bpf_task_storage_get(&threads, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		__sync_fetch_and_add(&lost_threads, 1);
		return 0;
	}
	t->active = s->active == ACTIVE_GATED ? ACTIVE_GATED : ACTIVE_YES;
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

	if (!s || s->active != ACTIVE_YES || s->stop)
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
	t->flags |= RECORD_LEADER; /* an exec from another thread takes the leader's id */
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

	if (action->sa.sa_handler || signal < 1 || signal > 64 || (signal < 64 && harmless >> signal & 1))
		return 0;
	start_dying();
	return 0;
}

/* ---- walks over all threads, run by user space reading the iterator ---- */

/* Takes over the threads of attach_tgid. */
SEC("iter/task")
int adopt_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *t;
	struct slot *s;
	u32 cpu;

	if (!task || (u32)task->tgid != attach_tgid)
		return 0;
	t = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		__sync_fetch_and_add(&lost_threads, 1);
		return 0;
	}
	t->start = window_start;
	t->tgid = task->tgid;
	t->tid = task->pid;
	t->flags = RECORD_OPEN_START | (task->pid == task->tgid ? RECORD_LEADER : 0);
	t->nvcsw_seen = task->nvcsw;
	read_task_counts(task, &t->base);
	copy_comm(t->comm, task);
	t->call = call_from_regs(task);
	t->open.enter = window_start;
	__sync_fetch_and_add(&live, 1);
	t->active = ACTIVE_YES;
	if (task->on_cpu) {
		cpu = task->thread_info.cpu;
		s = bpf_map_lookup_elem(&slots, &cpu);
		if (s && !s->active) {
			s->tid = task->pid;
			s->active = ACTIVE_ADOPT;
		}
		return 0;
	}
	t->left = window_start;
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
		if (!s)
			return;
		r->sums.user += s->user;
		r->sums.kernel += s->kernel;
		r->sums.calls += s->calls;
		r->call = s->call;
		r->open = s->open;
		if (s->call == CALL_OUTSIDE && end > s->last)
			r->sums.user += end - s->last;
	} else if (!t->left) {
		/* On a CPU since we attached, without a single hook: user mode. */
		r->sums.user += end - t->start;
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
	if (!t->running && t->left && end > t->left)
		close_off_cpu(t, end);
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
