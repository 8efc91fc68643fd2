//! What is said, in English and in Korean. Sentences about verdicts and doubts; no numbers of their own.

use super::figures;
use crate::model::{Answer, CheckedClaim, Counted, Doubt, Heading, Lang, Refutation, Role, Scale, Topic, Verdict};

/// The word in the language.
pub(super) fn say(lang: Lang, en: &'static str, ko: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Ko => ko,
    }
}

/// Headings of the columns of a Markdown table, after the id.
pub(super) fn columns(lang: Lang) -> &'static str {
    say(lang, "claim | verdict | effect and reason", "명제 | 판정 | 효과와 이유")
}

/// The heading of a topic.
pub(super) fn topic(topic: Topic, lang: Lang) -> &'static str {
    match topic {
        Topic::MultiProcess => say(lang, "Multi-process", "멀티 프로세스"),
        Topic::MultiThread => say(lang, "Multi-thread", "멀티 스레드"),
        Topic::Synchronous => say(lang, "Synchronous", "동기"),
        Topic::Asynchronous => say(lang, "Asynchronous", "비동기"),
        Topic::UserMode => say(lang, "User mode", "유저 모드"),
        Topic::KernelMode => say(lang, "Kernel mode", "커널 모드"),
    }
}

/// The part of a section.
pub(super) fn heading(heading: Heading, lang: Lang) -> &'static str {
    match heading {
        Heading::Concept => say(lang, "concept", "개념"),
        Heading::Advantage => say(lang, "advantage", "장점"),
        Heading::Drawback => say(lang, "drawback", "단점"),
        Heading::Conclusion => say(lang, "conclusion", "결론"),
    }
}

/// The verdict's word.
pub(super) fn verdict(verdict: &Verdict, lang: Lang) -> &'static str {
    let korean = match verdict {
        Verdict::Supported => "지지",
        Verdict::Refuted { .. } => "반박",
        Verdict::InPart => "일부",
        Verdict::Inconclusive { .. } => "판정 불가",
        Verdict::Untestable { .. } => "시험 불가",
        Verdict::NotRun { .. } => "미실행",
        Verdict::Failed { .. } => "실패",
    };
    say(lang, verdict.word(), korean)
}

/// What a proposition is to its claim.
pub(super) fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Primary => say(lang, "claim", "명제"),
        Role::Part => say(lang, "part", "부분"),
        Role::Control => say(lang, "control", "대조"),
        Role::Nuance => say(lang, "beside", "참고"),
    }
}

/// One line of why a claim has its verdict.
pub(super) fn why(claim: &CheckedClaim, lang: Lang) -> String {
    let primary = claim.answers.first().map(|answer| answer.proposition.text.say(lang).to_string());
    match &claim.verdict {
        Verdict::Supported => primary.unwrap_or_default(),
        Verdict::Refuted { how } => format!("{}: {}", refutation(*how, lang), primary.unwrap_or_default()),
        Verdict::InPart => in_part(&claim.answers, lang),
        other => reason(other, lang),
    }
}

/// Why a verdict is what it is, where it is neither supported nor refuted.
pub(super) fn reason(verdict: &Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Inconclusive { doubts, rounds_needed } => {
            let mut words: Vec<String> = doubts.iter().map(|one| doubt(one, lang)).collect();
            if let Some(n) = rounds_needed {
                words.push(match lang {
                    Lang::En => format!("likely settled by --rounds {n}"),
                    Lang::Ko => format!("--rounds {n} 정도면 가려질 듯"),
                });
            }
            words.join("; ")
        }
        Verdict::Untestable { why } => match lang {
            Lang::En => format!("not testable, because {}", why.en),
            Lang::Ko => format!("시험할 수 없다. {}", why.ko),
        },
        Verdict::NotRun { needs } => match lang {
            Lang::En => format!("not run: needs {needs}"),
            Lang::Ko => format!("실행하지 않음. 필요한 것: {needs}"),
        },
        Verdict::Failed { error } => error.clone(),
        Verdict::Refuted { how } => refutation(*how, lang).to_string(),
        Verdict::Supported | Verdict::InPart => String::new(),
    }
}

/// How something was refuted.
pub(super) fn refutation(how: Refutation, lang: Lang) -> &'static str {
    match how {
        Refutation::NoEffect => say(lang, "no effect of practical size", "의미 있는 크기의 효과가 없음"),
        Refutation::Reversed => say(lang, "the other way round", "오히려 반대"),
        Refutation::NeverSeen => say(lang, "never so", "한 번도 그렇지 않음"),
    }
}

fn in_part(answers: &[Answer], lang: Lang) -> String {
    let counts = |answer: &&Answer| matches!(answer.proposition.role, Role::Primary | Role::Part);
    let of = |supported: bool| {
        let names: Vec<&str> = answers
            .iter()
            .filter(counts)
            .filter(|answer| match answer.verdict {
                Verdict::Supported => supported,
                Verdict::Refuted { .. } => !supported,
                _ => false,
            })
            .map(|answer| answer.proposition.text.say(lang))
            .collect();
        names.join(", ")
    };
    match lang {
        Lang::En => format!("holds: {}; does not: {}", of(true), of(false)),
        Lang::Ko => format!("맞음: {} / 아님: {}", of(true), of(false)),
    }
}

/// A reason for having no verdict.
pub(super) fn doubt(doubt: &Doubt, lang: Lang) -> String {
    let en = lang == Lang::En;
    match doubt {
        Doubt::Noisy { dropped, of } if en => format!("other tasks were at work in {dropped} of {of} rounds"),
        Doubt::Noisy { dropped, of } => format!("{of}라운드 중 {dropped}라운드에서 다른 작업이 CPU를 씀"),
        Doubt::FewRounds { kept, least } if en => format!("only {kept} rounds could be kept, {least} are needed"),
        Doubt::FewRounds { kept, least } => format!("쓸 수 있는 라운드가 {kept}개뿐, {least}개 필요"),
        Doubt::Control { id } if en => format!("the control '{id}' did not come out as it must"),
        Doubt::Control { id } => format!("대조 '{id}'의 결과가 예상과 다름"),
        Doubt::SelfDiffers { interval } => {
            let range = figures::range(*interval, Scale::Times);
            if en {
                format!("an arm differs from itself: {range}")
            } else {
                format!("같은 것끼리 재도 다름: {range}")
            }
        }
        Doubt::NoiseFloor { interval, .. } => {
            let range = figures::range(*interval, Scale::Times);
            if en {
                format!("an arm against itself varies too much: {range}")
            } else {
                format!("같은 것끼리 재도 너무 흔들림: {range}")
            }
        }
        Doubt::Straddles => say(lang, "the interval holds the threshold", "구간이 문턱에 걸침").into(),
        Doubt::AmongMany { .. } => {
            say(lang, "not clear enough among so many claims at once", "한꺼번에 시험한 명제 수에 견주어 뚜렷하지 않음")
                .into()
        }
        Doubt::Sometimes { held, of } if en => format!("so in {held} of {of} runs only"),
        Doubt::Sometimes { held, of } => format!("{of}번 중 {held}번만 그러함"),
        Doubt::Missing { what } if en => format!("{what} is missing"),
        Doubt::Missing { what } => format!("빠진 값: {what}"),
        Doubt::PartOpen { id } if en => format!("the part '{id}' has no verdict"),
        Doubt::PartOpen { id } => format!("부분 '{id}'의 판정이 나지 않음"),
        Doubt::Interrupted => say(lang, "interrupted", "중단됨").into(),
    }
}

/// The name of a counter, for a column of the evidence. None for single calls, which have a list of their own.
pub(super) fn counter(counted: &Counted, lang: Lang) -> Option<&'static str> {
    Some(match counted {
        Counted::VoluntarySwitches => say(lang, "voluntary", "자발"),
        Counted::InvoluntarySwitches => say(lang, "involuntary", "비자발"),
        Counted::Syscalls => say(lang, "calls", "호출"),
        Counted::MinorFaults => say(lang, "faults", "폴트"),
        Counted::UserNs => say(lang, "user", "유저"),
        Counted::KernelNs => say(lang, "kernel", "커널"),
        Counted::BlockedNs => say(lang, "blocked", "블록"),
        Counted::RunQueueNs => say(lang, "queued", "대기"),
        _ => return None,
    })
}
