//! CPU lists and pinning.

use crate::Failure;

/// The CPUs that this process may use, in order.
pub(crate) fn allowed() -> Vec<usize> {
    // SAFETY: a cpu_set_t is plain bits, and zero is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = std::mem::size_of::<libc::cpu_set_t>();
    // SAFETY: `set` is live and `size` is its size.
    if unsafe { libc::sched_getaffinity(0, size, &mut set) } != 0 {
        return vec![0];
    }
    // SAFETY: the index stays below CPU_SETSIZE.
    (0..libc::CPU_SETSIZE as usize).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect()
}

/// Pins the calling thread, and the threads and processes it will create.
pub(crate) fn pin(cpus: &[usize]) -> Result<(), Failure> {
    // SAFETY: a cpu_set_t is plain bits, and zero is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus.iter().filter(|cpu| **cpu < libc::CPU_SETSIZE as usize) {
        // SAFETY: the index was checked to be below CPU_SETSIZE.
        unsafe { libc::CPU_SET(*cpu, &mut set) };
    }
    // SAFETY: `set` is live and the size is its own.
    if unsafe { libc::sched_setaffinity(0, std::mem::size_of::<libc::cpu_set_t>(), &set) } != 0 {
        return Err(Failure::os(format!("pin to CPUs {}", show(cpus))));
    }
    Ok(())
}

/// `any` is `Some(None)`; a list with an unusable CPU is `None`.
pub(crate) fn parse(text: &str, allowed: &[usize]) -> Option<Option<Vec<usize>>> {
    match text {
        "any" => return Some(None),
        "one" => return Some(Some(vec![*allowed.first()?])),
        _ => {}
    }
    let mut list = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last > allowed.last().copied()? {
            return None;
        }
        list.extend(first..=last);
    }
    (!list.is_empty() && list.iter().all(|cpu| allowed.contains(cpu))).then_some(Some(list))
}

/// `0-3,5`.
pub(crate) fn show(cpus: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &cpu in cpus {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == cpu => *last = cpu,
            _ => runs.push((cpu, cpu)),
        }
    }
    let words: Vec<String> =
        runs.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") }).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_shown() {
        let four = [0, 1, 2, 3];
        assert_eq!(parse("any", &four), Some(None));
        assert_eq!(parse("one", &[2, 3]), Some(Some(vec![2])));
        assert_eq!(parse("0,2-3", &four), Some(Some(vec![0, 2, 3])));
        for bad in ["", "4", "0,", "a", "3-1", "0-99999999999", "1-"] {
            assert_eq!(parse(bad, &four), None, "{bad}");
        }
        assert_eq!(show(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
    }
}
