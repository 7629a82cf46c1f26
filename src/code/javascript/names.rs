//! The names that the front end itself looks for, interned once per file.

use crate::code::builder::Builder;
use crate::code::graph::Atom;

macro_rules! names {
    ($($field:ident = $text:literal)*) => {
        /// Atoms of names with a meaning of their own.
        #[derive(Clone, Copy)]
        pub(super) struct Names {
            $(pub(super) $field: Atom,)*
        }

        impl Names {
            /// Interns all of them, in the order in which they are listed.
            pub(super) fn new(builder: &mut Builder) -> Self {
                Self { $($field: builder.atom($text),)* }
            }
        }
    };
}

names! {
    push = "push"
    unshift = "unshift"
    splice = "splice"
    set = "set"
    add = "add"
    append = "append"
    require = "require"
    bundler_require = "__require"
    exports = "exports"
    module = "module"
    object = "Object"
    assign = "assign"
    define_property = "defineProperty"
    es_module = "__esModule"
    to_common_js = "__toCommonJS"
    process = "process"
    exit = "exit"
    undefined = "undefined"
    this = "this"
    super_class = "super"
    import = "import"
    import_meta = "import.meta"
    new_target = "new.target"
    type_of = "typeof"
    fragment = "Fragment"
    one = "1"
    zero = "0"
    create_require = "createRequire"
}

impl Names {
    /// Whether a method of this name changes the object that it is called on.
    pub(super) fn is_mutator(&self, name: Atom) -> bool {
        [self.push, self.unshift, self.splice, self.set, self.add, self.append].contains(&name)
    }
}
