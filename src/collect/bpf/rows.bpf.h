/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of system calls: which table a number is from, which row it has on this CPU, errors, kernel work outside calls.
 */
#ifndef OSMETER_ROWS_BPF_H
#define OSMETER_ROWS_BPF_H

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

#endif
