// SPDX-License-Identifier: MIT OR Apache-2.0

//! A stand-in for the kernel's procedural macros, as far as the connector core uses them.

use proc_macro::{TokenStream, TokenTree};

/// Gives a function the name that C code calls it by, as the kernel's macro does: its type must be
/// that of the declaration in the bindings.
#[proc_macro_attribute]
pub fn export(_arguments: TokenStream, function: TokenStream) -> TokenStream {
    let Some(name) = name(function.clone()) else {
        return "compile_error!(\"#[export] is for functions\");"
            .parse()
            .unwrap_or_default();
    };
    let check = format!(
        "const _: () = {{ if true {{ ::kernel::bindings::{name} }} else {{ {name} }}; }}; \
         #[unsafe(no_mangle)]"
    );
    let mut tokens: TokenStream = check.parse().unwrap_or_default();
    tokens.extend(function);
    tokens
}

/// What stands behind the first `fn`.
fn name(function: TokenStream) -> Option<String> {
    let is_fn = |token: &TokenTree| matches!(token, TokenTree::Ident(i) if i.to_string() == "fn");
    let mut tokens = function.into_iter().skip_while(|token| !is_fn(token));
    tokens.nth(1).map(|token| token.to_string())
}
