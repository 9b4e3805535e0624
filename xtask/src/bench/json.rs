// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures for other programs.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::figures::{Figures, Row};
use super::targets::Target;

/// Writes all figures, in instructions, and all targets to `path`.
pub(super) fn write(path: &Path, measured: &[(String, Figures)], targets: &[Target]) -> Result<()> {
    let text = format!("{:#}\n", document(measured, targets));
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn document(measured: &[(String, Figures)], targets: &[Target]) -> Value {
    let flavors = measured.iter().map(|(flavor, figures)| {
        let rows = figures.costs.iter().map(|(row, cost)| {
            let Row { operation, size } = row;
            json!({
                "operation": operation,
                "count": size.as_ref().map(|(count, _)| count),
                "of": size.as_ref().map(|(_, what)| what),
                "steady": cost.steady,
                "least": cost.least,
                "most": cost.most,
            })
        });
        json!({ "flavor": flavor, "figures": rows.collect::<Vec<_>>() })
    });
    let targets = targets.iter().map(|target| {
        json!({
            "flavor": target.flavor,
            "what": target.what,
            "is": target.is,
            "limit": target.limit,
            "met": target.is_met(),
        })
    });
    json!({
        "unit": "guest instructions",
        "flavors": flavors.collect::<Vec<_>>(),
        "targets": targets.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::tests::figures;

    #[test]
    fn a_figure_keeps_its_parts_apart() {
        let measured = [("c".to_owned(), figures("floor: 7\nadd/16 ids: 9"))];
        let document = document(&measured, &[]);
        let rows = &document["flavors"][0]["figures"];
        assert_eq!(rows[0]["count"], Value::Null);
        assert_eq!(rows[1]["operation"], "add");
        assert_eq!(rows[1]["count"], 16);
        assert_eq!(rows[1]["of"], "ids");
        assert_eq!(rows[1]["steady"], 9);
    }
}
