// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

/// A scenario from the text of its file.
pub(crate) fn scenario(text: &str) -> Result<Scenario> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("sample.yaml");
    std::fs::write(&path, text)?;
    let place = format!("{}/", folder.path().display());
    Scenario::load(&path).map_err(|e| anyhow::anyhow!("{}", format!("{e:#}").replace(&place, "")))
}

const MINIMAL: &str = "about: a\nflavors: [rust]\nsteps: [run probes all]\n";

#[test]
fn what_is_left_out_has_a_default() {
    let scenario = scenario(MINIMAL).unwrap();
    assert_eq!(scenario.name, "sample");
    assert_eq!((scenario.cpus, scenario.memory), (1, 128));
    assert_eq!(scenario.budget(4), Duration::from_secs(120));
}

#[test]
fn payloads_are_what_nobody_else_supplies() {
    let text = format!("{MINIMAL}programs: [forkstat]\nkernel-programs: [ucon]\n").replace(
        "[run probes all]",
        "[run probes all, exec forkstat -v, exec ucon, run probes list]",
    );
    let scenario = scenario(&text).unwrap();
    assert_eq!(scenario.payloads(), BTreeSet::from(["probes"]));
}

#[test]
fn a_module_may_come_from_another_flavor() {
    let text = format!("{MINIMAL}modules: [cn.ko, stock/cn_probe.ko]\n");
    let scenario = scenario(&text).unwrap();
    assert_eq!(scenario.suppliers().collect::<Vec<_>>(), ["stock"]);
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (text, complaint) in [
        (
            MINIMAL.replace("about", "abuot"),
            "sample.yaml:1:1: unknown field `abuot`",
        ),
        (
            MINIMAL.replace("run probes", "attach"),
            "sample.yaml: `attach all` is for a person",
        ),
        (
            MINIMAL.replace("run probes", "start"),
            "sample.yaml:3:8: steps: `start all` starts with none",
        ),
        (
            format!("{MINIMAL}forbid: ['(']\n"),
            "sample.yaml:4:9: forbid: regex parse error: ( ^ error: unclosed group",
        ),
        (format!("{MINIMAL}cpus: two\n"), "sample.yaml:4:7: "),
        (
            format!("{MINIMAL}nightly: [debug]\n"),
            "`nightly` names the flavor debug",
        ),
        (
            format!("{MINIMAL}counts: {{a_b: {{quick: 1, nightly: 2}}}}\n"),
            "`counts` has the name `a_b`",
        ),
        (
            format!("{MINIMAL}counts: {{a: {{quick: 0, nightly: 2}}}}\n"),
            "expected a nonzero u32",
        ),
        (
            format!("{MINIMAL}counts: {{a: {{quick: 1}}}}\n"),
            "missing field `nightly`",
        ),
        (
            MINIMAL.replace("run probes all", "load x.ko"),
            "needs x.ko in `modules`",
        ),
        (MINIMAL.replace("all]", "all, run probes all]"), "twice"),
        (
            format!("{MINIMAL}expected-failures: [{{flavor: rust, tests: [], says: z, why: y}}]\n"),
            "`tests` of the failure on rust is empty",
        ),
        (
            format!("{MINIMAL}expected-failures: [{{flavor: c, tests: [x], says: z, why: y}}]\n"),
            "`expected-failures` names the flavor c",
        ),
        (
            format!("{MINIMAL}expected-crashes: [{{flavor: c, patterns: [x], why: y}}]\n"),
            "`expected-crashes` names the flavor c",
        ),
        (
            format!("{MINIMAL}expected-crashes: [{{flavor: rust, patterns: [], why: y}}]\n"),
            "the crash on rust is empty",
        ),
    ] {
        let error = format!("{:#}", scenario(&text).unwrap_err());
        assert!(error.contains(complaint), "{text}\n{error}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_those_there_are() {
    let error = select(vec![scenario(MINIMAL).unwrap()], &["bind".to_owned()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown scenario `bind`; there are sample"
    );
}
