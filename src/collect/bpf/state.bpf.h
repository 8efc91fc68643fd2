/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs keep: constants, switches set before loading, global numbers, maps, and the way to them.
 */
#ifndef OSMETER_STATE_BPF_H
#define OSMETER_STATE_BPF_H

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

extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym __weak; /* Linux 6.2 */

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
u64 unseen_switches = 0;
u64 unseen_wakings = 0;
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

/* 1 if ns is over the limit, without a branch: the verifier would follow both ways of each, and time is hot. */
#define OVER(ns, limit) (((u64)(limit) - (ns)) >> 63)

static __always_inline u32 bucket(u64 ns)
{
	u32 octave, part;

	if (ns >> 36)
		return BUCKETS - 1;
	octave = OVER(ns, 0xfffff) << 4;
	octave += OVER(ns >> octave, 0xfff) << 3;
	octave += OVER(ns >> octave, 0xff) << 2;
	octave += OVER(ns >> octave, 0x3f) << 1;
	octave += OVER(ns >> octave, 0x1f);
	part = octave * 16 + (u32)(ns >> octave);
	return part < BUCKETS ? part : BUCKETS - 1;
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

/*
 * Whether a thread may be ours, by a plain load: nearly every thread of the machine has no storage at all. Loaded through
 * an untrusted pointer, because for a pointer field of a trusted one the verifier searches all of the kernel's type names,
 * several times (a fifth of the start-up time).
 */
static __always_inline bool has_storage(struct task_struct *task)
{
	if (bpf_ksym_exists(bpf_rdonly_cast))
		task = bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
	return task->bpf_storage;
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	if (!has_storage(task))
		return 0;
	return bpf_task_storage_get(&threads, task, 0, 0);
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

/* active and stop are read together: one comparison decides the common case. */
#define COUNTS(s) (*(volatile u64 *)&(s)->active == ACTIVE_YES)

#endif
