/*
 * timed REPORT [gate] -- COMMAND…: runs a command and writes how long it took and what it used, from inside, so that
 * the start and the end of the tool around it do not count. With `gate` it prints the child's process id first and
 * holds the child back until a byte comes on stdin: for tools that are told a process id.
 *
 * Around a tool it reads the tool's own use. A small process must be the one that forks: a child inherits the peak
 * memory of the program that it was forked from.
 *
 * REPORT gets one line: elapsed ns, CPU ns and voluntary and involuntary switches of the command's tree, its peak
 * memory in KiB, its wait status, and the CPU ns and switches of `timed` itself.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long cpu(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000000000LL +
	       (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * 1000LL;
}

int main(int argc, char **argv)
{
	int gated = argc > 2 && !strcmp(argv[2], "gate");
	char **command = argv + 3 + gated;
	volatile long long *start;
	struct rusage tree, own;
	long long end;
	FILE *report;
	int status;
	pid_t child;

	if (argc < 4 + gated || strcmp(command[-1], "--")) {
		fprintf(stderr, "usage: timed REPORT [gate] -- COMMAND…\n");
		return 2;
	}
	start = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return 2;
	*start = now();
	child = fork();
	if (child < 0)
		return 2;
	if (!child) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives a benchmark that is killed */
		if (gated && read(0, &byte, 1) != 1)
			_exit(126);
		*start = now();
		execvp(command[0], command);
		_exit(127);
	}
	signal(SIGINT, SIG_IGN); /* what ends a tool at its command's end is meant for the tool */
	if (gated) {
		printf("%d\n", child);
		fflush(stdout);
	}
	if (wait4(child, &status, 0, &tree) != child)
		return 2;
	end = now();
	getrusage(RUSAGE_SELF, &own);
	report = fopen(argv[1], "w");
	if (!report)
		return 2;
	fprintf(report, "%lld %lld %ld %ld %ld %d %lld %ld\n", end - *start, cpu(&tree), tree.ru_nvcsw, tree.ru_nivcsw,
		tree.ru_maxrss, status, cpu(&own), own.ru_nvcsw + own.ru_nivcsw);
	fclose(report);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
