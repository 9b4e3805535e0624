// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures as a page that needs nothing but a browser: curves first, then every figure.

mod chart;

use std::path::Path;

use anyhow::{Context, Result};

use super::figures::Figures;
use super::row::Row;
use super::table;
use chart::{Chart, Curve};

const STYLE: &str = include_str!("style.css");

/// What is drawn, with what it says to whoever looks.
const OPERATIONS: [(&str, &str); 7] = [
    (
        "dispatch",
        "a message from userspace to a driver's callback",
    ),
    ("echo", "a message from userspace, and the driver's answer"),
    ("multicast", "a message from a driver to a group, 64 bytes"),
    ("add", "registering one more id"),
    ("del", "removing it, without what is put off"),
    (
        "send by id, nobody listens",
        "a driver's message that nobody wants",
    ),
    (
        "send by unknown id",
        "a driver's message by an id that is not registered",
    ),
];

/// What an operation is compared to, by the names of the rivals' rows.
const RIVALS: [(&str, [&str; 2]); 3] = [
    ("dispatch", ["floor", "generic netlink dispatch"]),
    ("echo", ["bare echo", "generic netlink echo"]),
    ("multicast", ["bare multicast", "generic netlink multicast"]),
];

/// Writes the page to `path`; `made` says with what the figures were made.
pub(super) fn write(path: &Path, measured: &[(String, Figures)], made: &str) -> Result<()> {
    std::fs::write(path, page(measured, made))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn page(measured: &[(String, Figures)], made: &str) -> String {
    let charts: String = OPERATIONS
        .iter()
        .filter_map(|(operation, about)| Some((chart(measured, operation)?, about)))
        .map(|(chart, about)| {
            let (title, svg) = (&chart.title, chart.svg());
            format!("<figure><figcaption><b>{title}</b> {about}</figcaption>\n{svg}</figure>\n")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>What a message of the Linux connector costs</title>\n<style>\n{STYLE}</style>\n\
         <h1>What a message of the Linux connector costs</h1>\n\
         <p>In instructions that the guest executes: upwards, on a scale of powers of ten, so that \
         lower is cheaper and flat is good. At the end of each curve stands its last value. \
         Dashed: sockets without a connector.</p>\n<main>\n{charts}</main>\n\
         <h2>All figures</h2>\n<pre>{}</pre>\n<p class=\"made\">{}</p>\n</html>\n",
        escaped(&table::figures(measured)),
        escaped(made)
    )
}

/// The curves of an operation; nothing if it was not measured at several sizes.
fn chart(measured: &[(String, Figures)], operation: &str) -> Option<Chart> {
    let (_, base) = measured.first()?;
    let sizes = base
        .costs
        .iter()
        .filter(|(row, _)| row.operation == operation);
    let sizes: Vec<_> = sizes.filter_map(|(row, _)| row.size.clone()).collect();
    let (_, unit) = sizes.get(1)?;
    let mut curves: Vec<Curve> = measured
        .iter()
        .filter_map(|(flavor, figures)| curve(flavor, flavor, figures, operation, &sizes))
        .collect();
    let rivals = RIVALS.iter().find(|(of, _)| *of == operation);
    for (rival, name) in rivals
        .into_iter()
        .flat_map(|(_, rows)| rows.iter().zip(["bare socket", "generic netlink"]))
    {
        curves.extend(curve(name, "rival", base, rival, &sizes));
    }
    Some(Chart {
        title: operation.to_owned(),
        unit: unit.clone(),
        steps: sizes.iter().map(|(count, _)| *count).collect(),
        curves,
    })
}

/// The costs of an operation at each size; of one that has none, its cost everywhere.
fn curve(
    name: &str,
    class: &str,
    figures: &Figures,
    operation: &str,
    sizes: &[(u32, String)],
) -> Option<Curve> {
    let at = |size: Option<(u32, String)>| {
        figures.steady(&Row {
            operation: operation.to_owned(),
            size,
        })
    };
    let costs = sizes
        .iter()
        .map(|size| at(Some(size.clone())).or_else(|| at(None)));
    Some(Curve {
        name: name.to_owned(),
        class: class.to_owned(),
        costs: costs.collect::<Option<_>>()?,
    })
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::tests::figures;

    #[test]
    fn a_page_has_a_curve_for_each_flavor_and_rival_and_loads_nothing() {
        let text = "floor: 1000\ngeneric netlink dispatch: 1900\ndispatch/1 ids: 1500\n\
                    dispatch/4096 ids: 30000\nadd/1 ids: 9";
        let measured = ["c", "rust"].map(|flavor| (flavor.to_owned(), figures(text)));
        let page = page(&measured, "<made> & so on");
        assert_eq!(page.matches("<polyline").count(), 4, "{page}");
        assert_eq!(page.matches("<figure>").count(), 1, "add has one size");
        assert!(page.contains(">generic netlink 1900</text>"), "{page}");
        assert!(page.contains("&lt;made&gt; &amp; so on"), "{page}");
        for loaded in ["src=", "href=", "url(", "@import"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
    }
}
