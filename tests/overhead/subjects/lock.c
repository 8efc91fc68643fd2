/* lock N THREADS: THREADS threads take one lock N times in all, and hold it for a moment. */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long each;
static volatile unsigned long shared;

static void *fight(void *unused)
{
	for (long i = 0; i < each; i++) {
		pthread_mutex_lock(&mutex);
		for (int step = 0; step < 100; step++)
			shared = shared * 31 + 7;
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	int count = argc == 3 ? atoi(argv[2]) : 0;

	if (count < 1 || count > 64)
		return 2;
	each = atol(argv[1]) / count;
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], 0, fight, 0))
			return 3;
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], 0);
	return 0;
}
