/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a thread is blocked: the kind of the descriptor it waits on, and the time by reason.
 */
#ifndef OSMETER_BLOCKED_BPF_H
#define OSMETER_BLOCKED_BPF_H

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
	fd = regs->di;
#else
	fd = regs->orig_x0;
#endif
	if (bpf_ksym_exists(bpf_rdonly_cast)) {
		/* Plain loads, which yield 0 where they fault, instead of a helper for each. */
		task = bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
		table = task->files->fdt;
		if (fd >= table->max_fds)
			return KIND_NONE;
		files = table->fd;
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
		inode = ((struct file *)bpf_rdonly_cast(file, bpf_core_type_id_kernel(struct file)))->f_inode;
		mode = inode->i_mode;
	} else {
		table = BPF_CORE_READ(task, files, fdt);
		if (fd >= BPF_CORE_READ(table, max_fds))
			return KIND_NONE;
		files = BPF_CORE_READ(table, fd);
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
		inode = BPF_CORE_READ(file, f_inode);
		mode = BPF_CORE_READ(inode, i_mode);
	}
	return mode ? kind_of_mode(mode, file, inode) : KIND_NONE;
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

/* Not static: verified once, not at every call. */
__noinline int spill_reason(u32 call, u32 kind, u64 intervals, u64 ns)
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

__noinline int add_reason(struct thread *t, u32 call, u32 kind, u64 ns)
{
	if (!t)
		return 0;
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
		return 0;
	}
	t->other_intervals++;
	t->other_ns += ns;
	return spill_reason(call, kind, 1, ns);
}

__noinline int spill_all(struct thread *t)
{
	if (!t)
		return 0;
	for (int i = 0; i < REASONS; i++)
		if (t->reasons[i].intervals)
			spill_reason(t->reasons[i].call, t->reasons[i].kind, t->reasons[i].intervals, t->reasons[i].ns);
	return 0;
}

#endif
