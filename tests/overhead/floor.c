/*
 * floor empty|clock: BPF programs on osmeter's hot hooks that do nothing, or only read the clock, until stdin ends. No
 * tool that hooks there can be cheaper than the first, and none that takes times cheaper than the second.
 *
 * Raw tracepoints run by the same kernel path as tp_btf ones and need neither BTF nor a library. The programs are two
 * or three instructions, so they are written out here.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const hooks[] = {"sys_enter", "sys_exit", "sched_switch", "sched_waking"};

static long bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	const struct bpf_insn program[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int skip;
	char byte;

	if (argc != 2 || (strcmp(argv[1], "empty") && strcmp(argv[1], "clock"))) {
		fprintf(stderr, "usage: floor empty|clock\n");
		return 2;
	}
	skip = !strcmp(argv[1], "empty");
	for (unsigned i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		union bpf_attr load, attach;
		long fd;

		memset(&load, 0, sizeof(load));
		load.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
		load.insns = (uintptr_t)(program + skip);
		load.insn_cnt = 3 - skip;
		load.license = (uintptr_t)"GPL";
		snprintf(load.prog_name, sizeof(load.prog_name), "floor_%s", hooks[i] + (hooks[i][1] == 'c' ? 6 : 4));
		fd = bpf(BPF_PROG_LOAD, &load);
		if (fd < 0) {
			perror("floor: the kernel refuses a BPF program");
			return 1;
		}
		memset(&attach, 0, sizeof(attach));
		attach.raw_tracepoint.name = (uintptr_t)hooks[i];
		attach.raw_tracepoint.prog_fd = fd;
		if (bpf(BPF_RAW_TRACEPOINT_OPEN, &attach) < 0) {
			perror("floor: the kernel refuses a raw tracepoint");
			return 1;
		}
	}
	printf("ready\n");
	fflush(stdout);
	while (read(0, &byte, 1) > 0) {
	}
	return 0;
}
