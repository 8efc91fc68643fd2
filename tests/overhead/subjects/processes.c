/* processes N PROGRAM: N short processes, one after the other. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	char *empty[] = {0};

	if (argc != 3)
		return 2;
	for (long i = atol(argv[1]); i > 0; i--) {
		int status;
		pid_t child;

		if (posix_spawn(&child, argv[2], 0, 0, argv + 2, empty) || waitpid(child, &status, 0) != child || status)
			return 3;
	}
	return 0;
}
