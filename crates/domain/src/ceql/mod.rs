//! CEQL, the language of the `where` parameter: `lastName LIKE 'gre%' AND active = true`.
//!
//! Text becomes an [`Expr`] (syntax, with positions), and an [`Expr`] becomes a [`Filter`] over the fields of one
//! resource (names resolved, values typed). Whoever selects records accepts a [`Filter`] and nothing else:
//! [`Filter::matches`] says what it selects, and every other translation has to agree with it.
//!
//! This module must not know any resource, nor anything else of the crate: fields come in through [`Field`], records
//! through [`Record`].
//!
//! ```
//! use tenantry_domain::ceql::{Field, Filter, Kind, Record, ValueRef, Values};
//!
//! #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
//! enum PetField { Name, Age }
//!
//! impl Field for PetField {
//!     const ALL: &'static [Self] = &[Self::Name, Self::Age];
//!     fn name(self) -> &'static str {
//!         match self { Self::Name => "name", Self::Age => "age" }
//!     }
//!     fn kind(self) -> Kind {
//!         match self { Self::Name => Kind::Text, Self::Age => Kind::Integer }
//!     }
//! }
//!
//! struct Pet { name: String, age: Option<i64> }
//!
//! impl Record<PetField> for Pet {
//!     fn values(&self, field: PetField) -> Values<'_> {
//!         match field {
//!             PetField::Name => self.name.as_str().into(),
//!             PetField::Age => self.age.into(),
//!         }
//!     }
//! }
//!
//! let filter = Filter::<PetField>::parse("name LIKE 'm%' AND age >= 3")?;
//! assert!(filter.matches(&Pet { name: "Mia".to_owned(), age: Some(4) }));
//! assert!(!filter.matches(&Pet { name: "Mia".to_owned(), age: None }));
//!
//! let error = Filter::<PetField>::parse("naem = 'Mia'").unwrap_err();
//! assert_eq!(error.to_string(), "unknown field 'naem' at column 1, did you mean 'name'?");
//! # Ok::<(), tenantry_domain::ceql::CeqlError>(())
//! ```

mod date;
mod display;
mod error;
mod expr;
mod field;
mod filter;
mod fold;
mod lexer;
mod matches;
mod nearest;
mod normal;
mod parser;
mod pattern;
mod resolve;
mod value;

pub use date::Moment;
pub use error::{CeqlError, ErrorKind};
pub use expr::{Expr, FieldName, Literal, LiteralValue, Span};
pub use field::{Field, Kind};
pub use filter::Filter;
pub use fold::fold;
pub use matches::Record;
pub use nearest::nearest;
pub use normal::{Leaf, Normal, Test};
pub use pattern::{Pattern, PatternToken, Prefix};
pub use value::{Comparison, Value, ValueRef, Values};

/// The most characters an expression may have.
pub const MAX_LENGTH: usize = 4096;
/// The most parentheses that may be open at once. It bounds the recursion of everything that walks an expression.
pub const MAX_NESTING: usize = 32;
/// The most values that one `IN (…)` may list.
pub const MAX_LIST: usize = 200;
