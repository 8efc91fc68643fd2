//! `osmeter workload`: profile a bundled workload, or list them; and the process that runs one.

/// The hidden process in which a workload runs.
pub fn process(name: &str, parameters: &[String]) -> u8 {
    let control = std::env::var("OSMETER_CONTROL").ok().and_then(|fd| fd.parse().ok());
    u8::try_from(osmeter_workloads::execute(name, parameters, control)).unwrap_or(1)
}
