//! Which file of a crate uses which: by its `mod` lines, its `use` lines, and the paths in its code that begin at the crate or above.

use std::collections::{BTreeMap, BTreeSet};

/// The files of a crate, and for each the files that it uses. Tests are left out.
pub(crate) struct Graph {
    /// Relative to the root file's folder, such as `host/guard.rs`.
    pub(crate) files: Vec<String>,
    uses: Vec<BTreeSet<usize>>,
}

/// A path as its segments.
type Segments = Vec<String>;

/// A file as a module.
struct Module {
    path: Segments,
    code: String,
    /// The paths that it names, from the root of the crate.
    names: Vec<Segments>,
    /// What it exports again, by name.
    exports: BTreeMap<String, Segments>,
}

impl Graph {
    /// Reads the files of a crate: name and text of each.
    pub(crate) fn read<'t>(sources: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let (files, mut modules): (Vec<_>, Vec<_>) = sources
            .into_iter()
            .filter(|(file, _)| !is_test(file))
            .map(|(file, text)| (file.to_owned(), Module::new(file, text)))
            .unzip();
        let index: BTreeMap<Segments, usize> =
            modules.iter().enumerate().map(|(at, module)| (module.path.clone(), at)).collect();
        for module in &mut modules {
            module.collect(&index);
        }
        let uses = modules.iter().enumerate().map(|(at, module)| {
            let named = module.names.iter().filter_map(|name| owner(name, &modules, &index, 0));
            named.filter(|used| *used != at).collect()
        });
        Self { uses: uses.collect(), files }
    }

    /// Each file with a file that it uses.
    pub(crate) fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        let arrows = self.files.iter().zip(&self.uses);
        arrows.flat_map(|(file, used)| used.iter().map(|used| (file.as_str(), self.files[*used].as_str())))
    }

    /// The import loops: sets of files each of which reaches all others. In order of their names.
    pub(crate) fn loops(&self) -> Vec<Vec<&str>> {
        let reached: Vec<BTreeSet<usize>> = (0..self.files.len()).map(|file| self.reach(file)).collect();
        let mut loops = BTreeSet::new();
        for file in 0..self.files.len() {
            let members = reached[file].iter().filter(|other| reached[**other].contains(&file));
            let mut members: Vec<&str> = members.map(|member| self.files[*member].as_str()).collect();
            members.sort_unstable();
            if !members.is_empty() {
                loops.insert(members);
            }
        }
        loops.into_iter().collect()
    }

    /// Every file that can be reached from this one by at least one arrow.
    fn reach(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            open.extend(self.uses[file].iter().filter(|used| reached.insert(**used)));
        }
        reached
    }
}

fn is_test(file: &str) -> bool {
    let mut parts = file.trim_end_matches(".rs").split('/');
    parts.any(|part| {
        part == "tests" || part.starts_with("test_") || part.ends_with("_tests") || part.ends_with("_interleavings")
    })
}

impl Module {
    fn new(file: &str, text: &str) -> Self {
        let mut path: Segments = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if path.last().is_some_and(|last| last == "mod" || last == "lib") {
            path.pop();
        }
        // Tests close a file: what follows `#[cfg(test)]` and `mod ..` is none of the crate's.
        let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let is_tests = |at: usize| {
            let item = lines[at..].iter().find(|line| !line.starts_with('#'));
            lines[at].contains("cfg(test)") && item.is_some_and(|item| item.contains("mod ") && item.ends_with('{'))
        };
        let end = (0..lines.len()).find(|at| is_tests(*at)).unwrap_or(lines.len());
        let code = lines[..end].join("\n");
        Self { path, code, names: Vec::new(), exports: BTreeMap::new() }
    }

    /// Collects what the file names: in its `mod` and `use` lines, and by paths in its code.
    fn collect(&mut self, index: &BTreeMap<Segments, usize>) {
        let mut rest = String::new();
        let mut statement = String::new();
        let code = std::mem::take(&mut self.code);
        for line in code.lines() {
            if !statement.is_empty() || is_use(line) {
                statement.push_str(line);
                if let Some((visibility, tree)) =
                    statement.trim_end().strip_suffix(';').and_then(|s| s.split_once("use "))
                {
                    let named = expand(tree).into_iter().filter_map(|path| self.rooted(path, index));
                    let named: Vec<Segments> = named.collect();
                    if !visibility.is_empty() {
                        let by_name = named.iter().filter_map(|path| Some((path.last()?.clone(), path.clone())));
                        self.exports.extend(by_name);
                    }
                    self.names.extend(named);
                    statement.clear();
                }
            } else if let Some(child) = line.strip_suffix(';').and_then(|line| line.split_once("mod ")) {
                self.names.push([self.path.as_slice(), &[child.1.to_owned()]].concat());
            } else if !is_use(line.trim_start()) || line.contains("crate::") {
                // A `super` in a module within the file would be the file.
                rest.push_str(line);
                rest.push('\n');
            }
        }
        for root in ["crate::", "super::"] {
            let places = rest
                .match_indices(root)
                .filter(|(at, _)| !rest[..*at].ends_with([':', '_']) && !rest[..*at].ends_with("(in "));
            for (at, _) in places {
                let path =
                    rest[at..].split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next().unwrap_or_default();
                self.names.extend(self.rooted(segments(path.trim_end_matches(':')), index));
            }
        }
    }

    /// A path from the root of the crate; `None` for other crates.
    fn rooted(&self, mut path: Segments, index: &BTreeMap<Segments, usize>) -> Option<Segments> {
        path.retain(|segment| segment != "*");
        let mut here = self.path.clone();
        match path.first()?.as_str() {
            "crate" => return Some(path.split_off(1)),
            "self" => path = path.split_off(1),
            "super" => {
                while path.first().is_some_and(|first| first == "super") {
                    path.remove(0);
                    here.pop();
                }
            }
            _ => {}
        }
        let whole = [here.as_slice(), &path].concat();
        let is_ours = here != self.path || index.contains_key(&whole[..=here.len().min(whole.len() - 1)]);
        is_ours.then_some(whole)
    }
}

fn is_use(line: &str) -> bool {
    line.split_once("use ").is_some_and(|(before, _)| before.is_empty() || before.starts_with("pub"))
}

fn segments(path: &str) -> Segments {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// The paths of a `use` tree.
fn expand(tree: &str) -> Vec<Segments> {
    let Some((before, inside)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![segments(path.trim_end_matches("::self"))];
    };
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let mut depth = 0;
    let items = inside.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let before = segments(before);
    let paths = items.map(str::trim).filter(|item| !item.is_empty()).flat_map(expand);
    paths.map(|path| if path == ["self"] { before.clone() } else { [before.as_slice(), &path].concat() }).collect()
}

/// The file that defines what a path means: the longest module in it, or the one that exports it there.
fn owner(name: &[String], modules: &[Module], index: &BTreeMap<Segments, usize>, depth: usize) -> Option<usize> {
    let (length, at) = (0..=name.len()).rev().find_map(|length| Some((length, *index.get(&name[..length])?)))?;
    match name.get(length).and_then(|next| modules[at].exports.get(next)) {
        Some(exported) if exported != name && depth < 8 => {
            owner(&[exported.as_slice(), &name[length + 1..]].concat(), modules, index, depth + 1)
        }
        _ => Some(at),
    }
}
