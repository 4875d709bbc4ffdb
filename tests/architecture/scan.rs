//! What a source file mentions: every path in its code, in `use` groups, in macros and in attributes, with its line.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Macro, UseTree, VisRestricted};

/// A path in the code. One that leads into this crate begins with `crate`; any other stands as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// It stands in code that is compiled for tests only.
    pub(crate) test: bool,
}

/// A `mod name;`: a file of its own.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    /// `#[path = "…"]`.
    pub(crate) path: Option<String>,
    pub(crate) test: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) children: Vec<Child>,
    /// Lines of `#[cfg(test)]` items.
    test_lines: Vec<RangeInclusive<usize>>,
    lines: usize,
}

impl Scan {
    /// Lines that are not test code.
    pub(crate) fn lines_of_code(&self) -> usize {
        let tests: usize = self
            .test_lines
            .iter()
            .map(|r| r.end() - r.start() + 1)
            .sum();
        self.lines - tests
    }
}

/// Reads the text of a module, which is named by its path below the crate's root.
pub(crate) fn scan(code: &str, module: &[String], test: bool) -> syn::Result<Scan> {
    let file = syn::parse_file(code)?;
    let mut reader = Reader {
        module: module.to_vec(),
        inline: 0,
        test,
        scan: Scan {
            lines: code.lines().count(),
            ..Scan::default()
        },
    };
    reader.visit_file(&file);
    Ok(reader.scan)
}

struct Reader {
    /// The module that is being read, inline modules included.
    module: Vec<String>,
    /// How many of them are inline.
    inline: usize,
    test: bool,
    scan: Scan,
}

impl Reader {
    fn mention(&mut self, names: &[String], at: Span) {
        if let Some(path) = resolved(&self.module, names) {
            self.scan.mentions.push(Mention {
                path,
                line: at.start().line,
                test: self.test,
            });
        }
    }

    fn use_tree(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let (name, span) = match tree {
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, before);
                }
                return;
            }
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(&path.tree, before);
                before.pop();
                return;
            }
            UseTree::Name(name) => (name.ident.to_string(), name.ident.span()),
            UseTree::Rename(rename) => (rename.ident.to_string(), rename.ident.span()),
            UseTree::Glob(glob) => ("*".to_owned(), glob.star_token.spans[0]),
        };
        before.push(name);
        self.mention(before, span);
        before.pop();
    }

    /// Macros and attributes are not parsed as Rust: whatever looks like a path in them is taken for one.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut names: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_of_path(&mut names, None);
                    }
                    names.push(ident);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    let members = (colons == 2).then_some(&group);
                    self.end_of_path(&mut names, members);
                    self.tokens(group.stream());
                    colons = 0;
                }
                TokenTree::Literal(literal) => {
                    self.end_of_path(&mut names, None);
                    self.path_in_text(&literal.to_string(), literal.span());
                    colons = 0;
                }
                TokenTree::Punct(_) => {
                    self.end_of_path(&mut names, None);
                    colons = 0;
                }
            }
        }
        self.end_of_path(&mut names, None);
    }

    /// `names` is a path that has ended, or is followed by a group of which each member goes on with it.
    fn end_of_path(&mut self, names: &mut Vec<Ident>, group: Option<&Group>) {
        let Some(last) = names.last() else { return };
        let (span, path) = (last.span(), texts(names));
        names.clear();
        let group = group.filter(|g| g.delimiter() == Delimiter::Brace);
        let Some(group) = group else {
            if path.len() > 1 {
                self.mention(&path, span);
            }
            return;
        };
        for token in group.stream() {
            if let TokenTree::Ident(member) = token {
                let mut path = path.clone();
                path.push(member.to_string());
                self.mention(&path, member.span());
            }
        }
    }

    /// `#[serde(with = "crate::x")]`.
    fn path_in_text(&mut self, literal: &str, span: Span) {
        let text = literal.trim_matches('"');
        if text.starts_with("crate::") || text.starts_with("super::") {
            let names: Vec<_> = text.split("::").map(str::to_owned).collect();
            self.mention(&names, span);
        }
    }

    fn item_mod(&mut self, item: &ItemMod) {
        for attribute in &item.attrs {
            self.visit_attribute(attribute);
        }
        let Some((_, items)) = &item.content else {
            assert_eq!(
                self.inline, 0,
                "a file below an inline module: not known here"
            );
            self.scan.children.push(Child {
                name: item.ident.to_string(),
                path: path_attribute(&item.attrs),
                test: self.test,
            });
            return;
        };
        self.module.push(item.ident.to_string());
        self.inline += 1;
        for item in items {
            self.visit_item(item);
        }
        self.inline -= 1;
        self.module.pop();
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let outside = self.test;
        if !outside && attributes(item).iter().any(for_tests_only) {
            self.test = true;
            let lines = syn::spanned::Spanned::span(item);
            let lines = lines.start().line..=lines.end().line;
            self.scan.test_lines.push(lines);
        }
        match item {
            Item::Mod(item) => self.item_mod(item),
            item => visit::visit_item(self, item),
        }
        self.test = outside;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if let [_, .., last] = path.segments.iter().collect::<Vec<_>>()[..] {
            self.mention(&names, last.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        visit::visit_macro(self, item);
        self.tokens(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
            if let syn::Meta::List(list) = &attribute.meta {
                self.tokens(list.tokens.clone());
            }
        }
    }

    /// `pub(in crate::x)` gives, it does not take.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

/// A path as seen from the crate's root. `None`: it says nothing about modules (`self` alone).
fn resolved(module: &[String], names: &[String]) -> Option<Vec<String>> {
    let (first, rest) = names.split_first()?;
    let within = |module: &[String], rest: &[String]| {
        let mut path = vec!["crate".to_owned()];
        path.extend_from_slice(module);
        path.extend_from_slice(rest);
        path
    };
    match first.as_str() {
        "self" if rest.is_empty() => None,
        "self" => Some(within(module, rest)),
        "super" => {
            let up = names.iter().take_while(|name| *name == "super").count();
            let module = &module[..module.len().saturating_sub(up)];
            Some(within(module, &names[up..]))
        }
        _ => Some(names.to_vec()),
    }
}

fn texts(names: &[Ident]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// `#[cfg(test)]`, also within `all(…)`.
fn for_tests_only(attribute: &Attribute) -> bool {
    fn says(tokens: TokenStream, word: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == word,
            TokenTree::Group(group) => says(group.stream(), word),
            _ => false,
        })
    }
    match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let says = |word| says(list.tokens.clone(), word);
            says("test") && !says("not") && !says("any")
        }
        _ => false,
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}
