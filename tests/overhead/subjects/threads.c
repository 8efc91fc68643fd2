/* threads N ALIVE: N short threads, ALIVE of them at a time. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *go)
{
	if (go)
		pthread_barrier_wait(go);
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[1]) : 0, alive = argc == 3 ? atol(argv[2]) : 0;
	pthread_t *threads = calloc(alive > 0 ? alive : 1, sizeof(*threads));
	pthread_barrier_t go;
	pthread_attr_t small;

	if (n < 1 || alive < 1 || !threads)
		return 2;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	while (n > 0) {
		long batch = n < alive ? n : alive;

		pthread_barrier_init(&go, 0, batch + 1);
		for (long i = 0; i < batch; i++)
			if (pthread_create(&threads[i], &small, work, &go))
				return 3;
		pthread_barrier_wait(&go);
		for (long i = 0; i < batch; i++)
			pthread_join(threads[i], 0);
		pthread_barrier_destroy(&go);
		n -= batch;
	}
	return 0;
}
