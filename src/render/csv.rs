//! CSV for spreadsheets and data frames: raw numbers in ns, counts and bytes. What was not measured is an empty field, and
//! what is not exact is named in the last one.

use super::RenderError;
use super::style::Style;
use super::text::csv_field;
use crate::model::{Abi, Ended, Profile, Reading};

/// A row in the making.
#[derive(Default)]
struct Row {
    fields: Vec<String>,
    notes: Vec<String>,
}

impl Row {
    fn text(&mut self, text: &str) {
        self.fields.push(csv_field(text));
    }

    fn number(&mut self, n: impl ToString) {
        self.fields.push(n.to_string());
    }

    fn reading<T: ToString>(&mut self, name: &str, reading: &Reading<T>) {
        self.fields.push(reading.value().map_or_else(String::new, ToString::to_string));
        match reading {
            Reading::Exact(_) => {}
            Reading::Scaled { running, .. } => self.notes.push(format!("{name}: scaled from {:.0} %", running * 100.0)),
            Reading::Estimated { estimated, .. } => self.notes.push(format!("{name}: estimated, {estimated}")),
            Reading::Partial { lost, .. } => self.notes.push(format!("{name}: at least, {lost} lost")),
            Reading::Missing { missing, .. } => self.notes.push(format!("{name}: not measured, {missing}")),
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.fields.push(csv_field(&self.notes.join("; ")));
        self.fields
    }
}

/// The system calls.
pub(super) fn syscalls(profile: &Profile, _: &Style) -> Result<String, RenderError> {
    let table = match &profile.syscalls {
        Reading::Missing { missing, .. } => {
            return Err(RenderError::NotMeasured { what: "system calls", why: missing.clone() });
        }
        reading => reading.value().cloned().unwrap_or_default(),
    };
    let mut rows = vec![
        "abi,number,name,calls,open_at_end,open_at_start,errors,interrupted,elapsed_ns,on_cpu_ns,blocked_ns,run_queue_ns,\
         preempted_ns,mean_ns,p50_ns,p90_ns,p99_ns,max_ns,errnos,note"
            .split(',')
            .map(str::to_owned)
            .collect(),
    ];
    let mut calls = table.calls;
    calls.sort_by_key(|c| (c.abi, c.number));
    for call in &calls {
        let mut row = Row::default();
        row.text(if call.abi == Abi::Native { "native" } else { "compat32" });
        row.number(call.number);
        row.text(&call.name);
        for n in [call.calls, call.open_at_end, call.open_at_start, call.errors, call.interrupted] {
            row.number(n);
        }
        row.reading("elapsed_ns", &call.elapsed_ns);
        row.reading("on_cpu_ns", &call.on_cpu_ns);
        row.reading("blocked_ns", &call.blocked_ns);
        row.reading("run_queue_ns", &call.run_queue_ns);
        row.reading("preempted_ns", &call.preempted_ns);
        let mean = call.elapsed_ns.get().and_then(|ns| ns.checked_div(call.calls));
        let max = call.elapsed_max_ns.get();
        let quantile = |q| call.elapsed.quantile(q, max.unwrap_or(u64::MAX));
        for n in [mean, quantile(0.5), quantile(0.9), quantile(0.99), max] {
            row.fields.push(n.map_or_else(String::new, |n| n.to_string()));
        }
        let errnos: Vec<String> = call.errnos.iter().map(|(name, n)| format!("{name} {n}")).collect();
        row.text(&errnos.join(" "));
        if let Reading::Partial { lost, .. } = profile.syscalls {
            row.notes.push(format!("table: {lost} events lost"));
        }
        rows.push(row.finish());
    }
    write(rows)
}

/// The threads.
pub(super) fn threads(profile: &Profile, _: &Style) -> Result<String, RenderError> {
    if let (true, Reading::Missing { missing, .. }) = (profile.threads.is_empty(), &profile.thread_count) {
        return Err(RenderError::NotMeasured { what: "threads one by one", why: missing.clone() });
    }
    let mut rows = vec![
        "tgid,tid,comm,start_ns,ended,lifetime_ns,on_cpu_ns,user_ns,kernel_ns,off_cpu_voluntary_ns,run_queue_ns,preempted_ns,\
         blocked_ns,unaccounted_ns,voluntary_switches,involuntary_switches,migrations,wakeups,minor_faults,major_faults,\
         syscalls,blocked_most_on,note"
            .split(',')
            .map(str::to_owned)
            .collect(),
    ];
    for thread in &profile.threads {
        let mut row = Row::default();
        row.number(thread.tgid);
        row.number(thread.tid);
        row.text(&thread.comm);
        row.number(thread.start_ns);
        row.text(if thread.ended == Ended::Alive { "alive" } else { "exited" });
        let l = &thread.ledger;
        row.reading("lifetime_ns", &l.lifetime_ns);
        row.reading("on_cpu_ns", &l.on_cpu_ns);
        row.reading("user_ns", &l.user_ns);
        row.reading("kernel_ns", &l.kernel_ns);
        row.reading("off_cpu_voluntary_ns", &l.off_cpu_voluntary_ns);
        row.reading("run_queue_ns", &l.run_queue_ns);
        row.reading("preempted_ns", &l.preempted_ns);
        row.reading("blocked_ns", &l.blocked_ns);
        let unaccounted = l.unaccounted_ns();
        row.fields.push(unaccounted.value().map_or_else(String::new, ToString::to_string));
        row.reading("voluntary_switches", &l.voluntary_switches);
        row.reading("involuntary_switches", &l.involuntary_switches);
        row.reading("migrations", &l.migrations);
        row.reading("wakeups", &l.wakeups);
        row.reading("minor_faults", &l.minor_faults);
        row.reading("major_faults", &l.major_faults);
        row.reading("syscalls", &l.syscalls);
        let most = thread.blocked.iter().max_by_key(|b| b.blocked_ns);
        row.text(&most.map_or_else(String::new, crate::model::Blocked::reason));
        rows.push(row.finish());
    }
    write(rows)
}

fn write(rows: Vec<Vec<String>>) -> Result<String, RenderError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(RenderError::Csv)?;
    }
    let bytes = writer.into_inner().map_err(|e| RenderError::Csv(e.into_error().into()))?;
    Ok(String::from_utf8(bytes).expect("every field was a string"))
}
