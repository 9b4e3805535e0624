// SPDX-License-Identifier: MIT OR Apache-2.0

use connector::process::Gap;

use super::*;

fn told(what: Told, births: &mut HashMap<u32, u64>) -> Record {
    let event = Event {
        cpu: 0,
        timestamp_ns: 2_000_000_000,
        what,
    };
    let notice = Notice::Event {
        event,
        change: None,
    };
    Record::of(&notice, &BTreeMap::new(), births)
}

const THREAD: Thread = Thread { tid: 7, pid: 7 };

fn exit(code: u32) -> Told {
    Told::Exit {
        thread: THREAD,
        code,
        signal: 17,
        parent: Thread { tid: 1, pid: 1 },
    }
}

#[test]
fn an_end_has_a_status_or_a_signal() {
    let births = &mut HashMap::new();
    let record = told(exit(0x300), births);
    assert_eq!((record.status, record.signal), (Some(3), None));
    let record = told(exit(0x86), births);
    assert_eq!((record.status, record.signal), (None, Some(6)));
    assert!(record.has_failed());
    assert!(!told(exit(0), births).has_failed());
}

#[test]
fn a_line_for_people_has_what_is_known() {
    let births = &mut HashMap::new();
    let child = THREAD;
    let parent = Thread { tid: 1, pid: 1 };
    assert_eq!(
        told(Told::Fork { parent, child }, births).to_string(),
        "     2.000000 fork           7                 by 1"
    );
    assert_eq!(births.get(&7), Some(&2_000_000_000));
    assert_eq!(
        told(exit(0x300), births).to_string(),
        "     2.000000 exit           7                 status 3"
    );
}

#[test]
fn a_line_for_programs_is_an_object() {
    let json = |record: &Record| serde_json::to_string(record).unwrap();
    let gap = Gap {
        cpu: 1,
        first: 9,
        count: 4,
    };
    let lost = Notice::Lost(Loss::Gap(gap));
    let record = Record::of(&lost, &BTreeMap::new(), &mut HashMap::new());
    assert_eq!(json(&record), r#"{"event":"lost","lost":4,"cpu":1}"#);
    let name = b"a \"b\"".to_vec();
    let comm = told(
        Told::Comm {
            thread: THREAD,
            name,
        },
        &mut HashMap::new(),
    );
    assert_eq!(
        json(&comm),
        r#"{"event":"comm","time_ns":2000000000,"pid":7,"tid":7,"name":"a \"b\""}"#
    );
    assert_eq!(json(&Record::new(What::InStep)), r#"{"event":"in-step"}"#);
}
