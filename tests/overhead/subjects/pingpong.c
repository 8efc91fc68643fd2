/* pingpong N CPU_A CPU_B: two threads hand a byte to and fro through pipes, N round trips. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static int there[2], back[2];
static long trips;
static int cpus[2];

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		exit(3);
}

static void *answer(void *unused)
{
	char byte;

	pin(cpus[1]);
	for (long i = 0; i < trips; i++)
		if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
			exit(4);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t other;
	char byte = 0;

	if (argc != 4 || pipe(there) || pipe(back))
		return 2;
	trips = atol(argv[1]);
	cpus[0] = atoi(argv[2]);
	cpus[1] = atoi(argv[3]);
	pin(cpus[0]);
	if (pthread_create(&other, 0, answer, 0))
		return 2;
	for (long i = 0; i < trips; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return 4;
	return pthread_join(other, 0);
}
