//! Self-verifying workloads, each embodying one concept of processes, threads, I/O or privilege.
