# The work of the workload `python`. Arguments: split, workers, pieces, steps. Says "ready", waits for a line, works, and
# prints the elapsed ns and the sum. Workers are made before the line and wait; each works in a thread that is not the
# main one, in processes too, because CPython's main thread is slower than its others.
import os
import sys
import threading
import time

split = sys.argv[1]
workers, pieces, steps = (int(word) for word in sys.argv[2:5])


def element(seed):
    x = seed
    for _ in range(steps):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def share(worker):
    return sum(element(index + 1) for index in range(worker, pieces, workers))


def in_thread(worker, start):
    """Starts a thread that waits for start() and keeps its result."""
    results = []

    def life():
        start()
        results.append(share(worker))

    thread = threading.Thread(target=life, daemon=True)
    thread.start()
    return thread, results


def by_threads():
    gate = threading.Event()
    started = [in_thread(worker, gate.wait) for worker in range(workers)]

    def work():
        gate.set()
        for thread, _ in started:
            thread.join()
        return sum(results[0] for _, results in started)

    return work


def by_processes():
    # The gate is a pipe: a byte each lets them go, its end (the parent is dead) makes them leave.
    gate_read, gate_write = os.pipe()
    result_read, result_write = os.pipe()
    children = []
    for worker in range(workers):
        pid = os.fork()
        if pid == 0:
            os.close(gate_write)

            def start():
                if not os.read(gate_read, 1):
                    os._exit(0)

            thread, results = in_thread(worker, start)
            thread.join()
            os.write(result_write, b"%20d" % results[0])
            os._exit(0)
        children.append(pid)

    def work():
        os.write(gate_write, b"g" * workers)
        total = sum(int(os.read(result_read, 20)) for _ in range(workers))
        return total

    return work


work = by_processes() if split == "processes" else by_threads()
print("ready", flush=True)
if sys.stdin.readline():
    begin = time.monotonic_ns()
    total = work()
    print(time.monotonic_ns() - begin, total, flush=True)
