//! Runs one workload without osmeter: `osmeter-workload NAME key=value…`. The tests use it.

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "__workload") {
        arguments.remove(0);
    }
    if arguments.is_empty() {
        for workload in osmeter_workloads::all() {
            println!("{:<14} {}", workload.name, workload.concept);
        }
        return;
    }
    let name = arguments.remove(0);
    // OSMETER_CONTROL names an inherited descriptor, as osmeter's own hidden subcommand passes it.
    let control = std::env::var("OSMETER_CONTROL").ok().and_then(|fd| fd.parse().ok());
    std::process::exit(osmeter_workloads::execute(&name, &arguments, control));
}
