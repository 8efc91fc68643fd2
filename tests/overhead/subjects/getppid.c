/* getppid N: N of the cheapest calls. With a second argument, prints the ns per call of every batch of N until killed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000000;

	do {
		long long start = now();

		for (long i = 0; i < n; i++)
			syscall(SYS_getppid);
		if (argc > 2) {
			printf("%lld %.2f\n", start, (double)(now() - start) / n);
			fflush(stdout);
		}
	} while (argc > 2);
	return 0;
}
