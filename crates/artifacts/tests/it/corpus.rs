//! The corpus: model outputs and what is to be found in them, one file a case (see `tests/corpus/README.md`).

use std::path::Path;

use brickwork_artifacts::{Artifact, Extraction, Extractor, PatchFault, PatchOutcome, Source, read_output};

/// One case, as its file has it.
#[derive(Debug, Default)]
struct Case {
    name: String,
    step: String,
    given: Vec<Artifact>,
    output: String,
    expected: Expected,
}

/// What is to be found, in the words of the corpus.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    artifacts: Vec<Piece>,
    patches: Vec<(String, String)>,
    whole: bool,
    unclosed: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Piece {
    name: String,
    kind: String,
    content: String,
    unclosed: bool,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut case = Case { name: name.clone(), step: "s".to_owned(), ..Case::default() };
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("@@@ ") {
            Some(header) => sections.push((header.trim_end(), String::new())),
            None => sections.iter_mut().rev().take(1).for_each(|(_, body)| body.push_str(line)),
        }
    }
    for (header, body) in sections {
        let (word, rest) = header.split_once(' ').unwrap_or((header, ""));
        let fields: Vec<&str> = rest.split('|').map(str::trim).collect();
        let flags: Vec<&str> = fields.last().map_or(Vec::new(), |last| last.split(' ').collect());
        let has = |flag: &str| header.contains('|') && flags.contains(&flag);
        let plain =
            |text: &str| if has("escaped") || text.contains("\\u{") { unescaped(text) } else { text.to_owned() };
        let content = content(&body, &flags, has("escaped"));
        match word {
            "step" => case.step = rest.to_owned(),
            "given" => {
                let kind = fields[0].rsplit('.').next().unwrap().to_owned();
                let name = fields[0].to_owned();
                case.given.push(Artifact {
                    kind,
                    name,
                    content,
                    named: true,
                    closed: true,
                    start: 0,
                    end: 0,
                    syntax: None,
                });
            }
            "output" => case.output = content,
            "artifact" => case.expected.artifacts.push(Piece {
                name: plain(fields[0]),
                kind: fields[1].to_owned(),
                content: if fields[0].contains("\\u{") || !body.contains("\\u{") {
                    content
                } else {
                    unescaped(&content)
                },
                unclosed: has("unclosed"),
            }),
            "patch" => case.expected.patches.push((fields[0].to_owned(), fields[1].to_owned())),
            "source" => case.expected.whole = rest == "whole",
            "unclosed" => case.expected.unclosed = true,
            other => panic!("{name}: `{other}` is no section"),
        }
    }
    case
}

fn content(body: &str, flags: &[&str], escaped: bool) -> String {
    let mut text = body.to_owned();
    if flags.contains(&"cut") {
        text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
    }
    if escaped {
        text = unescaped(&text);
    }
    if flags.contains(&"crlf") { text.replace('\n', "\r\n") } else { text }
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('}').unwrap();
        plain.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain
}

fn found(extraction: &Extraction) -> Expected {
    let word = |outcome: PatchOutcome| match outcome {
        PatchOutcome::Applied => "applied",
        PatchOutcome::Created => "created",
        PatchOutcome::Expanded => "expanded",
        PatchOutcome::Refused { fault } => match fault {
            PatchFault::Unnamed => "unnamed",
            PatchFault::NoSuchFile => "no_such_file",
            PatchFault::BadName => "bad_name",
            PatchFault::NotFound { .. } => "not_found",
            PatchFault::Ambiguous { .. } => "ambiguous",
            PatchFault::Deletes => "deletes",
            PatchFault::Cut => "cut",
            PatchFault::TooLong => "too_long",
        },
    };
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    let piece = |one: &Artifact| Piece {
        name: one.name.clone(),
        kind: one.kind.clone(),
        content: one.content.clone(),
        unclosed: !one.closed,
    };
    Expected {
        artifacts: extraction.artifacts.iter().map(piece).collect(),
        patches: extraction.patches.iter().map(|one| (name(&one.name), word(one.outcome).to_owned())).collect(),
        whole: extraction.source == Source::Whole,
        unclosed: extraction.unclosed,
    }
}

#[test]
fn every_case_gives_what_was_written_for_it() {
    let cases = cases();
    assert!(cases.len() >= 300, "{} cases were found", cases.len());
    let differs = |case: &&Case| found(&read_output(&case.step, &case.output, &case.given)) != case.expected;
    let wrong: Vec<&Case> = cases.iter().filter(differs).collect();
    for case in &wrong {
        let found = found(&read_output(&case.step, &case.output, &case.given));
        eprintln!("── {} ──\nexpected {:#?}\nfound {found:#?}", case.name, case.expected);
    }
    let names: Vec<&str> = wrong.iter().map(|case| case.name.as_str()).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ: {names:?}", wrong.len(), cases.len());
}

#[test]
fn cutting_a_case_does_not_matter() {
    for case in cases() {
        let whole = read_output(&case.step, &case.output, &case.given);
        // Pieces of one to seven characters, and every single cut in two.
        let chars: Vec<usize> = case.output.char_indices().map(|(at, _)| at).chain([case.output.len()]).collect();
        let mut cuts: Vec<Vec<usize>> = (1..=7).map(|size| chars.iter().copied().step_by(size).collect()).collect();
        cuts.extend(chars.iter().map(|at| vec![0, *at]));
        for cut in cuts {
            let mut extractor = Extractor::new(case.step.as_str()).with_earlier(case.given.clone());
            for (number, from) in cut.iter().enumerate() {
                let to = cut.get(number + 1).copied().unwrap_or(case.output.len());
                extractor.push(&case.output[*from..to]);
            }
            assert_eq!(extractor.finish(), whole, "{} cut at {cut:?}", case.name);
        }
    }
}

#[test]
fn places_of_a_case_are_those_of_its_pieces() {
    for case in cases() {
        let extraction = read_output(&case.step, &case.output, &case.given);
        let edited: Vec<_> = extraction.patches.iter().filter_map(|one| one.name.clone()).collect();
        for piece in extraction.artifacts.iter().filter(|piece| !edited.contains(&piece.name)) {
            let region = &case.output[piece.start..piece.end];
            let bare = |text: &str| {
                let lines = text.lines().map(|line| line.trim_start_matches([' ', '>', '\t']).to_owned());
                let mut lines = lines.collect::<Vec<_>>();
                // Blanks at the end of an output may be no line of the content.
                while lines.pop_if(|line| line.is_empty()).is_some() {}
                lines
            };
            assert_eq!(bare(region), bare(&piece.content), "{}: {}", case.name, piece.name);
        }
    }
}
