/*
 * getppid N: N of the cheapest calls. With a second argument, batches of N until killed, and a line for each: its start
 * and end by CLOCK_MONOTONIC, and the ns of CPU time that one call took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000000;

	do {
		long long start = read_clock(CLOCK_MONOTONIC), cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);

		for (long i = 0; i < n; i++)
			syscall(SYS_getppid);
		if (argc > 2) {
			cpu = read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
			printf("%lld %lld %.2f\n", start, read_clock(CLOCK_MONOTONIC), (double)cpu / n);
			fflush(stdout);
		}
	} while (argc > 2);
	return 0;
}
