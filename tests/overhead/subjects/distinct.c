/* distinct N KINDS: N calls of KINDS different numbers, none of which the kernel has: they fail at once with ENOSYS. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[1]) : 0, kinds = argc == 3 ? atol(argv[2]) : 1;

	if (n < 1 || kinds < 1)
		return 2;
	for (long i = 0; i < n; i++)
		syscall(600 + i % kinds);
	return 0;
}
