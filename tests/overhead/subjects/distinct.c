/*
 * distinct N KINDS: N calls of KINDS different numbers, none of which the kernel has: they fail at once with ENOSYS. The
 * first are in x86_64's gap between its old numbers and the common ones, the rest above all numbers in use.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#ifdef __x86_64__
#define GAP_START 340
#define GAP 80
#else
#define GAP_START 470
#define GAP 0
#endif

int main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[1]) : 0, kinds = argc == 3 ? atol(argv[2]) : 1;

	if (n < 1 || kinds < 1)
		return 2;
	for (long i = 0; i < n; i++) {
		long kind = i % kinds;

		syscall(kind < GAP ? GAP_START + kind : 600 + kind - GAP);
	}
	return 0;
}
